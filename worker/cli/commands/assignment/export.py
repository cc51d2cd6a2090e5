"""`backmark assignment export`: an assignment as the autograder of another platform."""

# ruff: noqa: PLC0415 - cold start: `backmark assignment --help` must not pay for NumPy and pydantic

import tempfile
from pathlib import Path

import click

from backmark.grader.settings import machine
from backmark.worker.cli.exit_status import ExitStatus
from backmark.worker.cli.terminal import show_files


@click.group()
def export() -> None:
    """Write an assignment as the autograder of another platform."""


@export.command()
@click.argument("assignment", metavar="ID|FILE|FOLDER")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    default="autograder.zip",
    show_default=True,
    help="The ZIP file to write.",
)
@click.option(
    "--wheels",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    show_default="pip's package index",
    help="The folder to take all wheels from: Backmark's own and those of its dependencies.",
)
@click.option(
    "--public-cases",
    is_flag=True,
    help="Grade on the assignment's own cases alone, which every student can have.",
)
@click.option(
    "--secret",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    show_default="the ZIP file, with the suffix .secret",
    help="The secret that tells the fresh cases. A file that does not exist is made. Keep it, and never give it to"
    " students.",
)
def gradescope(
    assignment: str, output: Path, wheels: Path | None, secret: Path | None, *, public_cases: bool
) -> ExitStatus:
    """Write the ZIP file that Gradescope takes as an autograder.

    The file holds the assignment's cases, and wheels of Backmark and its dependencies for Ubuntu 24.04 (Python 3.12,
    x86_64), so that Gradescope builds the image without a network. In Gradescope, choose Ubuntu 24.04 as the base
    image. Keep the file from students: it holds the solution.

    A submission that is right in all of the assignment's cases is asked about fresh ones as well, which a secret tells.
    The secret itself is not in the file.
    """
    if public_cases and secret is not None:
        message = "--public-cases and --secret cannot be combined; choose one"
        raise click.UsageError(message)
    from backmark.grader.contracts.judging.revision import dump
    from backmark.worker.cli.gradescope.bundle import write_bundle
    from backmark.worker.cli.gradescope.wheels import collect_wheels
    from backmark.worker.cli.secrets_file import read_secret
    from backmark.worker.grading.revisions import add_fresh, stored_revision

    with show_files(assignment) as watch:
        cache = machine.from_environment().cache
        data, drawn = stored_revision(assignment, cache, watch)
        if not public_cases:
            drawn = add_fresh(drawn, read_secret(secret or output.with_suffix(".secret")), cache, watch)
            data = dump(drawn)
    with tempfile.TemporaryDirectory(prefix="backmark-") as folder:
        collected = collect_wheels(Path(folder), wheels)
        write_bundle(output, data, collected)
    size = output.stat().st_size / 1e6
    click.echo(f"{output}: {drawn.assignment.id}, revision {drawn.id}, {len(collected)} wheels, {size:.0f} MB")
    click.echo(
        f"Next: in Gradescope, open Configure Autograder, choose the Base Image OS Ubuntu 24.04, and upload {output}."
    )
    return ExitStatus.SUCCESS
