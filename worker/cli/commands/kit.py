"""`backmark kit`: write what students need to check their answers in a notebook."""

# ruff: noqa: PLC0415 - cold start: `backmark --help` must not pay for NumPy

from pathlib import Path

import click

from backmark.grader.settings import machine
from backmark.worker.cli.terminal import show_files


@click.command()
@click.argument("assignment", metavar="ID|FILE|FOLDER")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    required=True,
    help="The file to write, such as udl-7.2.kit.",
)
@click.option(
    "--with-solution",
    is_flag=True,
    help="Put the solution's lines into it, too, so that a check names the lines to mend. Students can read them.",
)
def kit(assignment: str, output: Path, *, with_solution: bool) -> None:
    """Write a kit, by which students check in a notebook.

    Give students the file: in a notebook `check("udl-7.2.kit")` judges by its cases, as `backmark grade` does. It
    holds the public cases of the assignment and never those that a service draws afresh, neither the reference nor the
    code of known mistakes, and the solution only with --with-solution. What students can read in it is printed.
    """
    from backmark.grader.contracts.kits.kit import Kit, dump_kit
    from backmark.worker.grading.revisions import revision, save

    settings = machine.from_environment()
    with show_files(assignment) as watch:
        drawn = revision(assignment, settings.cache, watch)
    made = Kit.of(drawn, with_solution=with_solution)
    data = dump_kit(made)
    save(output, data)
    click.echo(f"{output}: a kit of {drawn.assignment.id}, {len(data) / 1000:,.0f} kB. Whoever has it can read")
    for part in made.list_readable():
        click.echo(f"  - {part}")
    click.echo(
        "A table of these numbers passes wherever the same cases decide. Graded work needs others: a service has fresh"
        " ones; elsewhere, draw a copy of the assignment with another seed."
    )
    if not with_solution:
        click.echo("It holds no solution: a check shows results and the smallest case, and no lines to mend.")
