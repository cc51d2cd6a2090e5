"""Submissions as files: which are meant, what they are called, what is in them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

#: A file larger than this is refused before it is read: no notebook is.
LARGEST_FILE = 64 << 20


def found(files: Sequence[Path]) -> list[Path]:
    """The files, and those in the folders; a UsageError where there is none."""
    all_of_them = list(_submissions(files))
    if not all_of_them:
        message = "no .ipynb or .py file in what was named"
        raise click.UsageError(message)
    return all_of_them


def _submissions(files: Sequence[Path]) -> Iterator[Path]:
    """Hidden files in a folder are what systems leave there, and no student's."""
    for file in files:
        if file.is_dir():
            for each in sorted(file.rglob("*")):
                hidden = any(part.startswith((".", "__")) for part in each.relative_to(file).parts)
                if each.suffix.lower() in {".ipynb", ".py"} and each.is_file() and not hidden:
                    yield each
        elif file.is_file():
            yield file
        else:
            message = f"{file} is no file"
            raise click.UsageError(message)


def names(files: Sequence[Path]) -> list[str]:
    """What the files are called: without their folders, unless two would then be called the same."""
    alike = len({file.name for file in files}) < len(files)
    # A name in another encoding than ours has bytes that no report can hold.
    return [(str(file) if alike else file.name).encode("utf-8", "backslashreplace").decode() for file in files]


def read(file: Path) -> bytes:
    """The file's bytes, one byte more than the largest that is read where it is larger."""
    with file.open("rb") as stream:
        return stream.read(LARGEST_FILE + 1)
