"""`backmark assignment export`: an assignment as the autograder of another platform."""

# ruff: noqa: PLC0415 - cold start: `backmark assignment --help` must not pay for NumPy and pydantic

from pathlib import Path

import click

from backmark.worker.cli.exit_status import ExitStatus
from backmark.worker.cli.options import public_cases_option, wheels_option


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
@wheels_option
@public_cases_option
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
    from backmark.worker.cli.gradescope.exporting import Export, export_autograder

    kept = None if public_cases else secret or output.with_suffix(".secret")
    export_autograder(Export(assignment, output, wheels, kept))
    click.echo(
        f"Next: in Gradescope, open Configure Autograder, choose the Base Image OS Ubuntu 24.04, and upload {output}."
    )
    return ExitStatus.SUCCESS
