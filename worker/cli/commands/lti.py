"""`backmark lti`: the learning platforms (LMS) in which a service is set up, in its Redis."""

# ruff: noqa: PLC0415 - cold start: `backmark --help` must not pay for Redis

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from backmark.worker.cli.extras import require_extra
from backmark.worker.cli.startup import open_store

if TYPE_CHECKING:
    from backmark.grader.model.lti import Platform
    from backmark.grader.store.store import Store

_DAY_SECONDS = 86_400
#: The author of what is done here, in the log of a course: the machine's own users have no names in the service.
_AUTHOR = "backmark lti"
#: Canvas's cloud: one issuer for all schools, and one place for their servers.
_CANVAS_ISSUER, _CANVAS = "https://canvas.instructure.com", "https://sso.canvaslms.com"


@click.group()
def lti() -> None:
    """Register platforms (LMS) by LTI 1.3, and list them."""


@lti.command()
@click.option("--days", type=click.IntRange(1, 90), default=7, show_default=True, help="Days that it holds.")
def invite(days: int) -> None:
    """Print an address that registers one LMS.

    The LMS's administrator pastes it where tools are registered. It works once. Keep it between the two of you: whoever
    has it can register an LMS of their own.
    """
    store = _open_store()
    _require_public_url(store)
    click.echo(store.settings.own_url(f"/lti/register/{store.platforms.invite(days * _DAY_SECONDS)}"))


@lti.command("list")
def list_platforms() -> None:
    """List the platforms, each with the deployments that launches came from."""
    store = _open_store()
    for platform in store.platforms.all():
        family = f" ({platform.family})" if platform.family else ""
        click.echo(
            f"{platform.id}  {platform.issuer}{family}  client {platform.client_id}  {_day(platform.registered)}"
        )
        for deployment in store.platforms.deployments(platform.id):
            end = ", disabled" if deployment.disabled else ""
            since = f"since {_day(deployment.first_seen)}" if deployment.first_seen else "never launched"
            click.echo(f"    deployment {deployment.id}  {since}{end}")


@lti.command()
@click.option("--client-id", required=True, help="The id that the LMS gave Backmark.")
@click.option("--canvas", is_flag=True, help="The LMS is in Canvas's cloud (Instructure's).")
@click.option(
    "--moodle", metavar="URL", help="The LMS is the Moodle at this address, such as https://moodle.example.edu."
)
@click.option("--issuer", metavar="URL", help="The name that the LMS signs with.")
@click.option("--login-url", metavar="URL", help="Where it signs people in (authorization endpoint).")
@click.option("--token-url", metavar="URL", help="Where it gives access tokens.")
@click.option("--keys-url", metavar="URL", help="Where its public keys are (JWKS).")
@click.option("--audience", default="", help="The audience of a token request, if it is not the token URL.")
def add(client_id: str, canvas: bool, moodle: str | None, **addresses: str | None) -> None:  # noqa: FBT001 - click's
    """Register an LMS in which Backmark was set up by hand.

    For Canvas's cloud and for Moodle the client id is enough; for any other LMS, name all four addresses.
    """
    store = _open_store()
    platform = _platform(client_id, _addresses(moodle, addresses, canvas=canvas))
    _check(store, platform)
    if not store.platforms.add(replace(platform, registered=store.time())):
        raise click.UsageError(f"{platform.issuer} with the client id {client_id} is registered already")
    click.echo(platform.id)


@lti.command()
@click.argument("platform")
@click.argument("deployment")
def disable(platform: str, deployment: str) -> None:
    """Refuse launches from a deployment, and sign out the staff who came in from it.

    `backmark lti list` prints the ids of platforms and deployments.
    """
    _require_platform(store := _open_store(), platform)
    store.platforms.disable(platform, deployment, _AUTHOR)
    click.echo(f"launches from deployment {deployment} are refused", err=True)


@lti.command()
@click.argument("platform")
@click.argument("deployment")
def enable(platform: str, deployment: str) -> None:
    """Accept launches from a deployment again."""
    _require_platform(store := _open_store(), platform)
    store.platforms.enable(platform, deployment)
    click.echo(f"launches from deployment {deployment} are accepted", err=True)


@lti.command()
@click.argument("platform")
def remove(platform: str) -> None:
    """Remove a platform: its launches are refused from now on, and its staff are signed out at once.

    Its courses, with all submissions, stay.
    """
    _require_platform(store := _open_store(), platform)
    store.platforms.remove(platform, _AUTHOR)
    click.echo(f"platform {platform} is removed", err=True)


@lti.command()
@click.option(
    "--forget", is_flag=True, help="Drop all earlier keys at once: one of them is known to others, or unreadable."
)
def rotate(forget: bool) -> None:  # noqa: FBT001 - click's
    """Make a new key for what Backmark signs.

    Backmark signs with it from tomorrow on, when every LMS has read it, and with the old one until then.
    """
    from backmark.grader.lti.tool_keys import ToolKeys

    store = _open_store()
    keys = ToolKeys(store, store.settings)
    if forget:
        store.platforms.forget_tool_keys()
        keys.public_set()
        click.echo("a new key signs from now on; an LMS may refuse it until it has read our keys again", err=True)
    else:
        keys.rotate()
        click.echo("a new key signs from tomorrow on", err=True)


def _addresses(moodle: str | None, given: dict[str, str | None], *, canvas: bool) -> dict[str, str]:
    if canvas and moodle:
        raise click.UsageError("name either --canvas or --moodle URL: an LMS is one of them")
    known: dict[str, str] = {}
    if canvas:
        known = {
            "issuer": _CANVAS_ISSUER,
            "login_url": f"{_CANVAS}/api/lti/authorize_redirect",
            "token_url": f"{_CANVAS}/login/oauth2/token",
            "keys_url": f"{_CANVAS}/api/lti/security/jwks",
            "family": "canvas",
        }
    if moodle:
        home = moodle.rstrip("/")
        paths = {"login_url": "auth", "token_url": "token", "keys_url": "certs"}
        known = {name: f"{home}/mod/lti/{path}.php" for name, path in paths.items()}
        known |= {"issuer": home, "family": "moodle"}
    known |= {name: value for name, value in given.items() if value}
    missing = [name for name in ("issuer", "login_url", "token_url", "keys_url") if name not in known]
    if missing:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in missing)
        raise click.UsageError(f"name --canvas, --moodle URL, or the LMS's own addresses: {options}")
    return known


def _platform(client_id: str, addresses: dict[str, str]) -> "Platform":
    from backmark.grader.lti.identity import platform_id
    from backmark.grader.model.lti import Platform

    issuer = addresses["issuer"]
    return Platform(
        platform_id(issuer, client_id),
        issuer,
        client_id,
        login_url=addresses["login_url"],
        token_url=addresses["token_url"],
        keys_url=addresses["keys_url"],
        audience=addresses.get("audience", ""),
        name=issuer,
        family=addresses.get("family", ""),
    )


def _check(store: "Store", platform: "Platform") -> None:
    """Raise UsageError for an address to which the service would not connect."""
    from backmark.grader.outbound.addresses import BadDestination, Destinations

    destinations = Destinations.of(store.settings)
    for url in (platform.login_url, platform.token_url, platform.keys_url):
        try:
            destinations.read(url)
        except BadDestination as error:
            raise click.UsageError(f"{url}: {error}") from error


def _require_platform(store: "Store", platform: str) -> None:
    if store.platforms.get(platform) is None:
        raise click.UsageError(f"there is no platform {platform}; `backmark lti list` has their ids")


def _require_public_url(store: "Store") -> None:
    if store.settings.public_url is None:
        raise click.UsageError("set BACKMARK_PUBLIC_URL: an LMS reaches this server by its public address")
    if store.settings.public_url.scheme != "https":
        raise click.UsageError(
            f"BACKMARK_PUBLIC_URL is {store.settings.public_url}, and must begin with https://: "
            "over http a browser keeps no cookie in a frame of the LMS"
        )


def _open_store() -> "Store":
    require_extra("web", "pydantic_settings", "redis", "pylti1p3")
    return open_store()


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
