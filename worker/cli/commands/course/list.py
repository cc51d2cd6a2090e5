"""`backmark course list`: the courses of a server."""

import click

from backmark.worker.cli.courses import print_course
from backmark.worker.cli.options import SERVER_VARIABLES, json_option
from backmark.worker.cli.remote import connect


@click.command("list", epilog=SERVER_VARIABLES)
@click.argument("search", default="")
@click.option("--archived", is_flag=True, help="List the archived courses instead of those in use.")
@json_option
def list_courses(search: str, *, archived: bool, as_json: bool) -> None:
    """List the courses that your token can see.

    With SEARCH, list only courses that have this text in their ID, title or term.
    """
    with connect() as client:
        for course in client.courses.list(search, archived=archived):
            print_course(course, as_json=as_json)
