"""`backmark assignment list`: the assignments that come with Backmark."""

# ruff: noqa: PLC0415 - cold start: rich is imported when something is shown

import json

import click

from backmark.worker.cli.exit_status import ExitStatus
from backmark.worker.cli.options import json_option
from backmark.worker.cli.terminal import show


@click.command("list")
@json_option
def list_assignments(*, as_json: bool) -> ExitStatus:
    """List the assignments that come with Backmark.

    The table shows each assignment's ID, title and course; --json adds each assignment's conventions, such as the
    shapes of its arrays. To grade files against an assignment, run `backmark grade --assignment ID FILES`. To put an
    assignment on a server, run `backmark assignment publish ID`.
    """
    from rich.table import Table

    from backmark.grader.contracts.gallery import list_gallery

    rows = [(entry.id, entry.title, entry.course, entry.convention) for entry in list_gallery()]
    if as_json:
        keys = ("id", "title", "course", "convention")
        click.echo(json.dumps([dict(zip(keys, row, strict=True)) for row in rows]))
        return ExitStatus.SUCCESS
    table = Table(box=None, pad_edge=False, show_edge=False)
    for heading in ("ID", "Title", "Course"):
        table.add_column(heading, overflow="fold")
    for identifier, title, course, _ in rows:
        table.add_row(identifier, title, course)
    show(table, wide=True)
    return ExitStatus.SUCCESS
