"""`backmark init gradescope`: the autograder of a Programming Assignment, with its secret and the steps."""

# ruff: noqa: PLC0415 - cold start: `backmark init --help` must not pay for NumPy and pydantic

import contextlib
from pathlib import Path

import click

from backmark.worker.cli.exit_status import ExitStatus
from backmark.worker.cli.files import check_empty, write_folder
from backmark.worker.cli.options import assignment_option, public_cases_option, wheels_option
from backmark.worker.cli.starters.filling import fill
from backmark.worker.cli.starters.options import folder_argument


@click.command()
@folder_argument
@assignment_option
@wheels_option
@public_cases_option
def gradescope(folder: Path, assignment: str, wheels: Path | None, *, public_cases: bool) -> ExitStatus:
    """Write Gradescope's autograder, its secret, and the steps.

    The folder has autograder.zip, as `backmark assignment export gradescope` writes it, and autograder.secret, which
    tells its fresh cases. Keep both from students. FOLDER must be empty or not exist yet.
    """
    from backmark.worker.cli.gradescope.exporting import Export, export_autograder

    check_empty(folder)
    folder.mkdir(parents=True, exist_ok=True)
    secret = None if public_cases else folder / "autograder.secret"
    with contextlib.ExitStack() as undo:
        if secret is not None:
            # A secret without an autograder would be in the way of the next call.
            undo.callback(secret.unlink, missing_ok=True)
        marks = export_autograder(Export(assignment, folder / "autograder.zip", wheels, secret))
        undo.pop_all()
    kept = "public" if secret is None else "secret"
    values = {
        "ASSIGNMENT": assignment,
        "MARKS": str(marks),
        "CASES": fill(f"gradescope/{kept}.md", {"ASSIGNMENT": assignment}).strip(),
    }
    if secret is not None:
        click.echo(str(secret))
    write_folder(folder, {"README.md": fill("gradescope/README.md", values)})
    click.echo(f"Next: upload {folder / 'autograder.zip'} in Gradescope; README.md has the steps.")
    return ExitStatus.SUCCESS
