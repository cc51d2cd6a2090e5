"""`backmark assignment new`: a folder with an assignment that works, to start from."""

import re
from pathlib import Path

import click

from backmark.grader.contracts.gallery import find_start
from backmark.grader.contracts.language.folder import NAME
from backmark.worker.cli.exit_status import ExitStatus
from backmark.worker.cli.files import check_empty, write_folder

#: The files of the folder that is copied.
_FILES = (NAME, "reference.py", "solution.py", "template.py", "mistakes/upstream_of_ones.py")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def new(folder: Path) -> ExitStatus:
    """Make a folder with an assignment that works.

    The assignment asks for the gradients of a linear layer. Change the files to make it your own homework, then run
    `backmark assignment check FOLDER`. FOLDER must be empty or not exist yet.
    """
    check_empty(folder)
    texts = {name: (find_start() / name).read_text(encoding="utf-8") for name in _FILES}
    texts[NAME] = texts[NAME].replace('id = "linear-layer"', f'id = "{_make_id(folder)}"', 1)
    write_folder(folder, texts)
    click.echo(f"Next: backmark assignment check {folder}")
    return ExitStatus.SUCCESS


def _make_id(folder: Path) -> str:
    """Return the folder's name as an ID: two new folders must not be revisions of one assignment."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", folder.resolve().name).strip("._-")[:64]
    return name or "linear-layer"
