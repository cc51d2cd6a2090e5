"""`backmark service lti`: the learning platforms (LMS) in which a service is set up, in its Redis."""

# ruff: noqa: PLC0415 - cold start: `backmark service --help` must not pay for Redis

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from backmark.worker.cli.exit_status import ExitStatus
from backmark.worker.cli.extras import require_extra
from backmark.worker.cli.startup import open_store

if TYPE_CHECKING:
    from backmark.grader.lti.checking import CheckedCourse
    from backmark.grader.model.lti import Platform
    from backmark.grader.store.store import Store

_DAY_SECONDS = 86_400
#: The author of what is done here, in the log of a course: the machine's own users have no names in the service.
_AUTHOR = "backmark service lti"
#: Canvas's cloud: one issuer for all schools, and one place for their servers.
_CANVAS_ISSUER, _CANVAS = "https://canvas.instructure.com", "https://sso.canvaslms.com"


@click.group()
def lti() -> None:
    """Register, list and check learning platforms (LMS), by LTI 1.3."""


@lti.command()
@click.option(
    "--days",
    type=click.IntRange(1, 90),
    metavar="N",
    default=7,
    show_default=True,
    help="Days until the address expires.",
)
def invite(days: int) -> None:
    """Print an address that registers one LMS.

    Send the address to the administrator of the LMS, who pastes it where the LMS registers tools. The address is
    for one LMS; a registration that fails does not use it up. Send it to nobody else: anybody who has it can register
    an LMS.
    """
    store = _open_store()
    _require_public_url(store)
    click.echo(store.settings.own_url(f"/lti/register/{store.platforms.invite(days * _DAY_SECONDS)}"))


@lti.command("list")
def list_platforms() -> None:
    """List the registered LMSs and their deployments.

    A deployment is listed once a launch came from it.
    """
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
@click.option("--client-id", required=True, metavar="ID", help="The client ID that the LMS gave Backmark.")
@click.option("--canvas", is_flag=True, help="The LMS is in the Canvas cloud of Instructure.")
@click.option(
    "--moodle", metavar="URL", help="The LMS is the Moodle at this address, such as https://moodle.example.edu."
)
@click.option("--issuer", metavar="URL", help="The issuer: the name that the LMS signs with.")
@click.option("--login-url", metavar="URL", help="The authorization endpoint, where the LMS signs people in.")
@click.option("--token-url", metavar="URL", help="The token endpoint, where the LMS gives access tokens.")
@click.option("--keys-url", metavar="URL", help="The address of the LMS's public keys (JWKS).")
@click.option("--audience", default="", show_default="the token URL", help="The audience of a token request.")
def add(client_id: str, canvas: bool, moodle: str | None, **addresses: str | None) -> None:  # noqa: FBT001 - click's
    """Register an LMS in which Backmark was set up by hand.

    For an LMS in the Canvas cloud give --client-id and --canvas, for Moodle --client-id and --moodle URL, and for any
    other LMS --client-id with --issuer, --login-url, --token-url and --keys-url. The command prints the ID of the new
    platform.
    """
    store = _open_store()
    platform = _platform(client_id, _addresses(moodle, addresses, canvas=canvas))
    _check(store, platform)
    if not store.platforms.add(replace(platform, registered=store.time())):
        raise click.UsageError(f"{platform.issuer} is registered already with the client ID {client_id}")
    click.echo(platform.id)


@lti.command()
@click.argument("platform")
@click.option(
    "--course",
    metavar="ID",
    show_default="the one that was opened last",
    help="The course on which roster, columns and results are tried.",
)
def check(platform: str, course: str | None) -> ExitStatus:
    """Check whether an LMS and Backmark reach each other.

    The command reads Backmark's keys at their public address, as the LMS does, and the LMS's keys; it compares the
    clocks, asks for an access token of each kind, and reads the roster, the columns and the results of a course. For
    each failure it says what to do. It changes nothing.

    Exit status: 0 nothing failed; 1 something failed.
    """
    from backmark.grader.lti.checking import EVERYWHERE, PlatformCheck, StepOutcome
    from backmark.grader.lti.services import PlatformServices
    from backmark.grader.lti.session import PlatformSession
    from backmark.grader.lti.tool_keys import ToolKeys
    from backmark.grader.outbound.addresses import Destinations

    store = _open_store()
    _require_public_url(store)
    known = _require_platform(store, platform)
    checked = _find_course(store, known, course)
    keys, session = ToolKeys(store, store.settings), PlatformSession(Destinations.of(store.settings))
    steps = PlatformCheck(
        known,
        PlatformServices(session, keys.registration),
        session,
        PlatformSession(EVERYWHERE),
        str(store.settings.own_url("/lti/keys")),
        frozenset(key["kid"] for key in keys.public_set()["keys"]),
    ).run(checked)
    failed, colours = 0, {StepOutcome.OK: "green", StepOutcome.FAILED: "red", StepOutcome.UNTRIED: "yellow"}
    for step in steps:
        click.secho(f"{step.outcome}  ", fg=colours[step.outcome], nl=False)
        click.echo(f"{step.name}: {step.text}")
        failed += step.outcome is StepOutcome.FAILED
        if step.outcome is StepOutcome.FAILED and step.remedy:
            click.echo(f"      {step.remedy}")
    name = known.name or known.issuer
    click.echo(f"{name} and Backmark reach each other." if not failed else f"{name}: {failed} of the above failed.")
    return ExitStatus.NOT_PASSED if failed else ExitStatus.SUCCESS


@lti.command()
@click.argument("platform")
@click.argument("deployment")
def disable(platform: str, deployment: str) -> None:
    """Refuse launches from a deployment, and sign out its staff.

    `backmark service lti list` prints the IDs of platforms and deployments.
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
    """Remove an LMS: refuse its launches, and sign out its staff.

    Its courses and their submissions stay.
    """
    _require_platform(store := _open_store(), platform)
    store.platforms.remove(platform, _AUTHOR)
    click.echo(f"platform {platform} is removed", err=True)


@lti.command()
@click.option(
    "--forget",
    is_flag=True,
    help="Drop all earlier keys at once, because somebody else knows one, or one is unreadable.",
)
def rotate(forget: bool) -> None:  # noqa: FBT001 - click's
    """Make a new key for the messages that Backmark signs.

    Backmark signs with the old key until tomorrow, so that every LMS has time to read the new one.
    """
    from backmark.grader.lti.tool_keys import ToolKeys

    store = _open_store()
    keys = ToolKeys(store, store.settings)
    if forget:
        store.platforms.forget_tool_keys()
        keys.public_set()
        click.echo(
            "Backmark signs with a new key from now on; an LMS may refuse launches until it has read the new key",
            err=True,
        )
    else:
        keys.rotate()
        click.echo("Backmark signs with the new key from tomorrow on", err=True)


def _addresses(moodle: str | None, given: dict[str, str | None], *, canvas: bool) -> dict[str, str]:
    if canvas and moodle:
        raise click.UsageError("--canvas and --moodle cannot be combined; choose one")
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
        raise click.UsageError(f"the addresses of the LMS are missing; add --canvas, --moodle URL, or: {options}")
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


def _require_platform(store: "Store", platform: str) -> "Platform":
    known = store.platforms.get(platform)
    if known is None:
        raise click.UsageError(f"there is no platform {platform}; `backmark service lti list` shows the IDs")
    return known


def _find_course(store: "Store", platform: "Platform", wanted: str | None) -> "CheckedCourse | None":
    """Return a course of a platform; by default the one in which somebody opened Backmark last, if any."""
    from backmark.grader.lti.checking import CheckedCourse

    now = store.time()
    courses = {course.id: course for course in store.course_records.list()}
    opened = {
        name: context
        for name, course in courses.items()
        if (name == wanted or (wanted is None and not course.is_archived(now)))
        and (context := store.launches.context(name)) is not None
        and context.platform == platform.id
    }
    if wanted is not None and wanted not in opened:
        raise click.UsageError(f"{platform.name or platform.issuer} has opened no course {wanted}")
    if not opened:
        return None
    latest = max(opened, key=lambda name: max((user.recorded for user in store.launches.users(name)), default=0.0))
    items = [item for item in store.line_items.of_course(latest) if item.gone is None]
    return CheckedCourse(
        store.course_records.titles([courses[latest]])[latest],
        opened[latest],
        [replace(item, title=item.title or _assignment_title(store, latest, item.assignment)) for item in items],
    )


def _assignment_title(store: "Store", course: str, assignment: str) -> str:
    revision = store.assignments.current(course, assignment)
    return assignment if revision is None else revision.title


def _require_public_url(store: "Store") -> None:
    if store.settings.public_url is None:
        raise click.UsageError(
            "BACKMARK_PUBLIC_URL is not set; set it to the public https:// address at which the LMS reaches this server"
        )
    if store.settings.public_url.scheme != "https":
        raise click.UsageError(
            f"BACKMARK_PUBLIC_URL is {store.settings.public_url}, but must begin with https://: over http a browser"
            " keeps no cookies for a page inside the LMS"
        )


def _open_store() -> "Store":
    require_extra("web", "pydantic_settings", "redis", "pylti1p3")
    return open_store()


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
