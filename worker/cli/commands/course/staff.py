"""`backmark course staff`: the staff of a course, and open invitations."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from backmark.worker.cli.courses import course_argument
from backmark.worker.cli.options import SERVER_VARIABLES, json_option
from backmark.worker.cli.remote import complete_link, connect

if TYPE_CHECKING:
    from backmark.grader.client import Client


@click.command(epilog=SERVER_VARIABLES)
@course_argument
@click.option("--remove", metavar="ID", help="Remove the member of staff with this ID, and revoke their token.")
@json_option
def staff(course: str, *, remove: str | None, as_json: bool) -> None:
    """List a course's staff and invitations, or remove somebody."""
    with connect(course) as client:
        if remove is not None:
            client.course.remove_staff(remove)
            click.echo(f"{remove} is no longer staff of {course}", err=True)
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
        click.echo(f"invitation {link.id}  {link.role}  until {utc(link.ends):%Y-%m-%d}  {complete_link(link.url)}")
