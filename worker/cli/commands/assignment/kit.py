"""`backmark assignment kit`: write what students need to check their answers in a notebook."""

# ruff: noqa: PLC0415 - cold start: `backmark assignment --help` must not pay for NumPy

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
    help="Put the solution into the kit, so that a check names the lines to change. Students can then read it.",
)
def kit(assignment: str, output: Path, *, with_solution: bool) -> None:
    """Write a kit: the file with which students check in a notebook.

    Give the kit to students. In a notebook, `check("udl-7.2.kit")` judges their answers on the kit's cases, as
    `backmark grade` does. A kit holds the assignment's public cases. It never holds the hidden cases of a service, the
    reference or the code of known mistakes, and it holds the solution only with --with-solution. The command lists what
    students can read in the kit.
    """
    from backmark.grader.contracts import gallery
    from backmark.grader.contracts.kits.kit import Kit, dump_kit
    from backmark.worker.grading.revisions import revision, save

    settings = machine.from_environment()
    with show_files(assignment) as watch:
        drawn = revision(assignment, settings.cache, watch)
    made = Kit.of(drawn, with_solution=with_solution)
    data = dump_kit(made)
    save(output, data)
    click.echo(
        f"{output}: a kit of {drawn.assignment.id}, {len(data) / 1000:,.0f} kB, SHA-256 {gallery.hash_kit(data)}..."
        " Everybody who has the kit can read:"
    )
    for part in made.list_readable():
        click.echo(f"  - {part}")
    click.echo(
        "Code that merely returns these numbers passes wherever the same cases decide. Grade on other cases: a service"
        " has hidden ones; elsewhere, draw a copy of the assignment with another seed."
    )
    if not with_solution:
        click.echo(
            "The kit holds no solution: a check shows results, known mistakes and the smallest failing case, but no"
            " lines to change, and no marks of wrong code that is judged by its lines."
        )
