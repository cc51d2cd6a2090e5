"""`backmark networks`: show the networks that an assignment draws."""

# ruff: noqa: PLC0415 - cold start: `backmark --help` must not pay for NumPy and rich

import json
from dataclasses import asdict
from typing import Any

import click

from grader.errors import BadAssignment
from grader.settings import machine
from worker.cli.options import assignment_option, json_option
from worker.cli.terminal import open_console

#: Characters of the longest bar.
BAR_WIDTH = 24


@click.command()
@assignment_option
@json_option
def networks(assignment: str, *, as_json: bool) -> None:
    """Show the networks that an assignment draws.

    It counts corners, depths, widths, dead layers and inconclusive derivatives.
    """
    from grader.subjects.networks.revision import NetworksRevision
    from grader.subjects.networks.summary import survey
    from worker.grading.revisions import revision

    drawn = revision(assignment, machine.from_environment().cache)
    if not isinstance(drawn, NetworksRevision):
        raise BadAssignment(f"{assignment} draws no networks")
    statistics = survey(drawn.assignment, drawn.id, drawn.suite)
    if as_json:
        click.echo(json.dumps(asdict(statistics)))
        return
    console = open_console()
    console.print(f"{statistics.assignment}, revision {statistics.revision}: {statistics.networks} networks")
    console.print(
        f"{statistics.derivatives:,} derivatives, {statistics.inconclusive} inconclusive;"
        f" {statistics.dead_layers} networks with a dead layer, {statistics.all_active} with all units active"
    )
    for title, counts in (
        ("drawn for", statistics.corners),
        ("hidden layers", statistics.depth),
        ("hidden widths", statistics.widths),
        ("inputs", statistics.inputs),
        ("outputs", statistics.outputs),
        ("columns", statistics.columns),
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
