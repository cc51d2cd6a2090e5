"""`backmark service token`: the tokens of a service, in its Redis."""

import time
from typing import TYPE_CHECKING

import click

from backmark.grader.model.records import Scope
from backmark.worker.cli.extras import require_extra
from backmark.worker.cli.startup import open_store

if TYPE_CHECKING:
    from backmark.grader.store.store import Store

_DAY_SECONDS = 86_400.0
#: The author of a change, in the log of the course: the machine's own users have no names in the service.
_AUTHOR = "backmark service token"


@click.group()
def token() -> None:
    """Make, list and revoke the API tokens of a service."""


@token.command()
@click.argument("name")
@click.option(
    "--course",
    required=True,
    help="The course that the token gives access to. A token with the scope admin gives access to all courses.",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What the token allows. May be repeated.",
)
@click.option(
    "--days",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    show_default="never",
    help="Days until the token expires.",
)
def create(name: str, course: str, scopes: tuple[str, ...], days: float | None) -> None:
    """Make a token called NAME, and print it once.

    Copy the token: the service stores only its hash and cannot show it again.
    """
    expires = None if days is None else time.time() + days * _DAY_SECONDS
    record, secret = _open_store().tokens.create(name, course, {Scope(scope) for scope in scopes}, expires, _AUTHOR)
    scope_names = " ".join(sorted(record.scopes))
    click.echo(f"token {record.id} ({record.name}) for course {record.course}: {scope_names}", err=True)
    click.echo(secret)


@token.command("list")
@click.option("--course", metavar="COURSE", show_default="all courses", help="List only the tokens of this course.")
def list_tokens(course: str | None) -> None:
    """List tokens, including revoked and expired ones."""
    for record in _open_store().tokens.list(course):
        expiry = "" if record.expires is None else f", expires {_format_day(record.expires)}"
        end = "" if record.revoked is None else f", revoked {_format_day(record.revoked)}"
        click.echo(f"{record.id}  {record.course}  {' '.join(sorted(record.scopes))}  {record.name}{expiry}{end}")


@token.command()
@click.argument("number", metavar="ID")
def revoke(number: str) -> None:
    """Revoke a token, with immediate effect."""
    if not _open_store().tokens.revoke(number, _AUTHOR):
        raise click.UsageError(f"there is no token {number}; `backmark service token list` shows the IDs")
    click.echo(f"token {number} is revoked", err=True)


def _open_store() -> "Store":
    require_extra("web", "pydantic_settings", "redis")
    return open_store()


def _format_day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
