"""`backmark new`: a folder with an assignment that works, to start from."""

from importlib import resources
from pathlib import Path

import click

from worker.cli.exit_status import ExitStatus

#: The files of the folder that is copied.
_FILES = ("assignment.toml", "reference.py", "solution.py", "template.py", "mistakes/upstream_of_ones.py")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def new(folder: Path) -> ExitStatus:
    """Make a folder with an assignment that works.

    It is a start for homework of your own: it asks for the gradients of a linear layer. Change its files, and run
    `backmark assignment check FOLDER`.
    """
    if folder.exists() and any(folder.iterdir()):
        message = f"{folder} is not empty: name a folder that does not exist yet"
        raise click.UsageError(message)
    start = resources.files("grader") / "assignments" / "start"
    for name in _FILES:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text((start / name).read_text(encoding="utf-8"), encoding="utf-8")
        click.echo(str(target))
    click.echo(f"Next: backmark assignment check {folder}")
    return ExitStatus.SUCCESS
