"""`backmark assignment cases`: show the cases that an assignment draws."""

# ruff: noqa: PLC0415 - cold start: `backmark assignment --help` must not pay for NumPy and rich

import json
from collections.abc import Mapping
from typing import Any

import click

from backmark.grader.settings import machine
from backmark.worker.cli.options import assignment_option, json_option
from backmark.worker.cli.terminal import open_console

#: Characters of the longest bar.
BAR_WIDTH = 24


@click.command()
@click.argument("name", metavar="[ID|FILE|FOLDER]", required=False)
@assignment_option
@json_option
def cases(name: str | None, assignment: str, *, as_json: bool) -> None:
    """Show the cases that an assignment draws.

    The command counts the cases by size, by dimensions and by the corner that each was drawn for, says how many of
    their numbers are inconclusive, and shows one case. If the cases are not drawn yet, the assignment's own code runs
    in the jail to draw them. Name the assignment as the argument or by --assignment.
    """
    from backmark.grader.contracts.publishing.summary import describe
    from backmark.worker.grading.revisions import revision

    drawn = revision(name or assignment, machine.from_environment().cache)
    survey = describe(drawn)
    if as_json:
        click.echo(json.dumps(survey.figures))
        return
    console = open_console()
    for sentence in survey.sentences:
        console.print(sentence)
    for title, counts in survey.counts:
        _print_counts(console, title, counts)


def _print_counts(console: Any, title: str, counts: Mapping[str, int]) -> None:
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_header=False, box=None, padding=(0, 2))
    most = max(counts.values(), default=1)
    for name, count in counts.items():
        table.add_row(name, str(count), "█" * round(BAR_WIDTH * count / most))
    console.print()
    console.print(table)
