"""The options that several commands of `backmark init` share."""

from pathlib import Path, PurePosixPath

import click

folder_argument = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))


def _check_id(ctx: click.Context, param: click.Parameter, value: str) -> str:  # noqa: ARG001 - a callback's arguments
    """Return the ID of an assignment that ships: a path would lie where students can change the file."""
    # Cold start: other commands name no assignment of the gallery.
    from backmark.grader.contracts.gallery import find_drawn, find_folder, find_similar  # noqa: PLC0415

    if find_drawn(value) is None and find_folder(value) is None:
        alike = find_similar(value)
        advice = f": did you mean {alike}?" if alike else ""
        message = f"{value} is not an ID that `backmark assignment list` shows{advice}"
        raise click.BadParameter(message)
    return value


def _check_file(ctx: click.Context, param: click.Parameter, value: str) -> str:  # noqa: ARG001 - a callback's arguments
    """Return the path of a file in a repository."""
    path = PurePosixPath(value)
    plain = value.isprintable() and not set(value) & set("\\\"'`$")
    if not plain or path.is_absolute() or ".." in path.parts or path.suffix.lower() not in {".ipynb", ".py", ".zip"}:
        message = f"{value} is not the path of a notebook (.ipynb), a Python file (.py) or an archive in a repository"
        raise click.BadParameter(message)
    return value


id_option = click.option(
    "--assignment",
    default="udl-7.2",
    show_default=True,
    metavar="ID",
    callback=_check_id,
    help="The ID of an assignment that comes with Backmark (see `backmark assignment list`).",
)

file_option = click.option(
    "--file",
    default="homework.ipynb",
    show_default=True,
    callback=_check_file,
    metavar="PATH",
    help="The file to grade, by its path in a student's repository.",
)
