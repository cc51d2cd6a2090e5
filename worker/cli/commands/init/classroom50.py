"""`backmark init classroom50`: the autograder of a Classroom 50 assignment."""

from pathlib import Path

import click

from backmark.worker.cli.exit_status import ExitStatus
from backmark.worker.cli.files import check_empty, write_folder
from backmark.worker.cli.starters.filling import fill
from backmark.worker.cli.starters.options import file_option, folder_argument, id_option
from backmark.worker.cli.starters.pin import Pin, action_option, find_pin


@click.command()
@folder_argument
@id_option
@file_option
@action_option
def classroom50(folder: Path, assignment: str, file: str, action: Pin | None) -> ExitStatus:
    """Write the autograder of a Classroom 50 assignment.

    The folder has autograder.py, the assignment's environment as runtime.json, and the steps. For each submission the
    autograder installs one commit of Backmark, and writes result.json and release-body.md, the text of the submission's
    release. FOLDER must be empty or not exist yet.
    """
    check_empty(folder)
    pin = find_pin(action)
    repository = f"https://github.com/{pin.repository}"
    plain = {"ACTION": str(pin), "FILE": file, "ASSIGNMENT": assignment}
    code = {"REPOSITORY": repository, "COMMIT": pin.commit, "FILE": file, "ASSIGNMENT": assignment}
    write_folder(
        folder,
        {
            "autograder.py": fill("classroom50/autograder.py", {name: f'"{text}"' for name, text in code.items()}),
            "runtime.json": fill("classroom50/runtime.json"),
            "README.md": fill("classroom50/README.md", plain),
        },
    )
    click.echo(f"Next: put {folder / 'autograder.py'} into your classroom50 repository; README.md has the steps.")
    return ExitStatus.SUCCESS
