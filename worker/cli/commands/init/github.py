"""`backmark init github`: a workflow that grades at every push."""

import json
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
def github(folder: Path, assignment: str, file: str, action: Pin | None) -> ExitStatus:
    """Write a GitHub workflow that grades students' repositories.

    The workflow goes into the template repository that students get. It names one commit of the action, and one of each
    other action that it uses. FOLDER must be empty or not exist yet.
    """
    check_empty(folder)
    pin = str(find_pin(action))
    plain = {"ACTION": pin, "FILE": file, "ASSIGNMENT": assignment}
    # What JSON says, YAML says, too.
    quoted = {name: json.dumps(value, ensure_ascii=False) for name, value in plain.items()}
    write_folder(
        folder,
        {
            ".github/workflows/backmark.yml": fill("github/backmark.yml", quoted),
            "README.md": fill("github/README.md", plain),
        },
    )
    click.echo(f"Next: copy {folder / '.github'} into the repository that students get; README.md has the steps.")
    return ExitStatus.SUCCESS
