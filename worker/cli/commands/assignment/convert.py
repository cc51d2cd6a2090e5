"""`backmark assignment convert`: a layered assignment of an earlier version, as a contract."""

# ruff: noqa: PLC0415 - cold start: `backmark assignment --help` must not pay for pydantic

from pathlib import Path

import click

from backmark.worker.cli.files import check_empty, write_folder


@click.command()
@click.argument("file", metavar="OLD.toml", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    show_default="OLD, without its suffix",
    help="The folder to write. It must be empty or not exist yet.",
)
def convert(file: Path, folder: Path | None) -> None:
    """Convert a layered assignment into a contract.

    OLD.toml is an assignment of an earlier version, with keys such as `activation` and `ranges`, or a file with the
    settings that a server stored for one (JSON). The folder keeps the ID, the rows and their marks: publish it to give
    the assignment a new revision. The command lists on standard error each setting that it could not convert, and why.

    Exit status: 0 written; 2 wrong usage, or the file is no layered assignment.
    """
    from backmark.grader.contracts.gallery import find_layered
    from backmark.grader.contracts.language.folder import NAME, join
    from backmark.grader.contracts.language.reading import parse, read_text

    # What converts is installed with the texts that it fills in.
    find_layered()
    from backmark.worker.cli.conversion.folder import convert as write_contract
    from backmark.worker.cli.conversion.layered import read as read_layered

    folder = folder or file.with_suffix("")
    check_empty(folder)
    converted = write_contract(read_layered(read_text(file), str(file)))
    files = dict(converted.files)
    # What is written can be read: a name that a contract has for something else is refused before there is a folder.
    parse(join(files.pop(NAME), files), f"{file}, as a contract")
    write_folder(folder, converted.files)
    for note in converted.notes:
        click.echo(f"{file}: {note}.", err=True)
    click.echo(f"Next: backmark assignment check {folder}")
