"""`backmark networks`: show the networks that an assignment draws."""

# ruff: noqa: PLC0415 - cold start: `backmark --help` must not pay for NumPy and rich

import json
from dataclasses import asdict
from typing import Any

import click

from grader.settings import machine
from worker.cli.options import assignment_option, json_option
from worker.cli.terminal import open_console

#: Characters of the longest bar.
BAR_WIDTH = 24


@click.command()
@assignment_option
@json_option
def networks(assignment: str, *, as_json: bool) -> None:
    """Show the networks that an assignment draws: corners, depths, widths, dead layers, inconclusive derivatives."""
    from grader.publishing.survey import survey
    from worker.grading.revisions import revision

    drawn = survey(revision(assignment, machine.from_environment().cache))
    if as_json:
        click.echo(json.dumps(asdict(drawn)))
        return
    console = open_console()
    console.print(f"{drawn.assignment}, revision {drawn.revision}: {drawn.networks} networks")
    console.print(
        f"{drawn.derivatives:,} derivatives, {drawn.inconclusive} inconclusive;"
        f" {drawn.dead_layers} networks with a dead layer, {drawn.all_active} with all units active"
    )
    for title, counts in (
        ("drawn for", drawn.corners),
        ("hidden layers", drawn.depth),
        ("hidden widths", drawn.widths),
        ("inputs", drawn.inputs),
        ("outputs", drawn.outputs),
        ("columns", drawn.columns),
    ):
        _print_counts(console, title, counts)


def _print_counts(console: Any, title: str, counts: dict[str, int]) -> None:
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_header=False, box=None, padding=(0, 2))
    most = max(counts.values(), default=1)
    for name, count in counts.items():
        table.add_row(name, str(count), "█" * round(BAR_WIDTH * count / most))
    console.print()
    console.print(table)
