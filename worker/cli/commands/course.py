"""`backmark course`: the courses of a server, their settings and their staff."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from backmark.grader.model.course import MOST_DAYS, Course, Role
from backmark.grader.model.fields import noun_fields
from backmark.grader.model.views import GIVEN
from backmark.worker.cli.options import SERVER_VARIABLES, json_option
from backmark.worker.cli.remote import connect

if TYPE_CHECKING:
    from backmark.grader.client import Client

_course_argument = click.argument("course", metavar="COURSE")


def _settings_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each setting that is a text; the others are set on the course's page."""
    fields = noun_fields(Course)
    for name in reversed(GIVEN[Course]):
        if fields[name].type is str:
            command = click.option(f"--{name}", help=fields[name].describe("Empty"))(command)
    return command


@click.group()
def course() -> None:
    """Make, find and archive courses, and invite their staff."""


@course.command("list", epilog=SERVER_VARIABLES)
@click.argument("search", default="")
@click.option("--archived", is_flag=True, help="List the archived courses, and no others.")
@json_option
def list_courses(search: str, *, archived: bool, as_json: bool) -> None:
    """List the courses that your token sees.

    With SEARCH: those that have it in their ID, title or term.
    """
    with connect() as client:
        for found in client.courses.list(search, archived=archived):
            _show(found, as_json=as_json)


@course.command(epilog=SERVER_VARIABLES)
@_course_argument
@_settings_options
@json_option
def create(course: str, *, as_json: bool, **settings: str | None) -> None:
    """Make a course with the ID COURSE.

    For administrators.
    """
    with connect() as client:
        _show(client.courses.create(Course(course, **_given(settings))), as_json=as_json)


@course.command(epilog=SERVER_VARIABLES)
@_course_argument
@_settings_options
@json_option
def change(course: str, *, as_json: bool, **settings: str | None) -> None:
    """Change settings of a course; the others stay.

    An empty text removes one.
    """
    if not (given := _given(settings)):
        raise click.UsageError("name what changes, such as --title")
    with connect(course) as client:
        _show(client.course.change(**given), as_json=as_json)


@course.command(epilog=SERVER_VARIABLES)
@_course_argument
@click.option("--undo", is_flag=True, help="Bring an archived course back.")
def archive(course: str, *, undo: bool) -> None:
    """Archive a course, or bring it back.

    Students hand in nothing any more, and lists leave it out. Nothing is deleted.
    """
    with connect(course) as client:
        if undo:
            client.course.bring_back()
        else:
            client.course.archive()
    click.echo(f"{course} is {'in use again' if undo else 'archived'}", err=True)


@course.command(epilog=SERVER_VARIABLES)
@_course_argument
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.ASSISTANT.value,
    show_default=True,
    help="An assistant sees everything and grades; an instructor also sets policies, publishes, regrades, invites.",
)
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=7, show_default=True, help="Days until it ends.")
@click.option("--many", is_flag=True, help="Let several people in by the same link.")
def invite(course: str, *, role: str, days: int, many: bool) -> None:
    """Print a link by which somebody becomes staff.

    Whoever has the link can use it.
    """
    with connect(course) as client:
        click.echo(client.course.invite(role, days=days, once=not many).url)


@course.command(epilog=SERVER_VARIABLES)
@_course_argument
@click.option("--remove", metavar="ID", help="Remove whom the list has by this ID: the token is revoked.")
@json_option
def staff(course: str, *, remove: str | None, as_json: bool) -> None:
    """List staff and invitations that hold, or remove somebody."""
    with connect(course) as client:
        if remove is not None:
            client.course.remove_staff(remove)
            click.echo(f"{remove} is staff of {course} no more", err=True)
        else:
            _list_staff(client, as_json=as_json)


def _list_staff(client: "Client", *, as_json: bool) -> None:
    from backmark.grader.client.records import utc  # noqa: PLC0415 - cold start, as in `remote.py`

    members, invitations = client.course.staff(), client.course.invitations()
    if as_json:
        items = [asdict(member) for member in members]
        links = [{**asdict(link), "ends": link.ends} for link in invitations]
        click.echo(json.dumps({"staff": items, "invitations": links}))
        return
    for member in members:
        click.echo(f"{member.id}  {member.role}  {member.source}  {member.name}")
    for link in invitations:
        click.echo(f"invitation {link.id}  {link.role}  until {utc(link.ends):%Y-%m-%d}  {link.url}")


def _given(settings: dict[str, str | None]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if value is not None}


def _show(course: Course, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(course)))
        return
    parts = (course.id, course.title, course.term, "archived" if course.archived is not None else "")
    click.echo("  ".join(part for part in parts if part))
