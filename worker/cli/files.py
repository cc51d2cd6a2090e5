"""Submissions as files: which files are meant, what they are called, what they contain; and private files."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import IO

import click

#: Bytes of a file above which it is refused unread: no notebook is that large.
LARGEST_FILE = 64 << 20


def find_submissions(paths: Sequence[Path]) -> list[Path]:
    """Return the files and the submissions in the folders; raise UsageError if there are none."""
    submissions = list(_walk(paths))
    if not submissions:
        message = "there is no .ipynb or .py file in what you named"
        raise click.UsageError(message)
    return submissions


def can_be_graded(path: PurePath) -> bool:
    """Return True if its name is that of a notebook or a Python file."""
    return path.suffix.lower() in {".ipynb", ".py"}


def is_hidden(path: PurePath) -> bool:
    """Return True if a file or one of its folders was put there by an operating system or by Jupyter."""
    return any(part.startswith((".", "__")) for part in path.parts)


def list_folder(folder: Path) -> Iterator[Path]:
    """Yield all files in a folder and below that are not hidden, in order of name."""
    for file in sorted(folder.rglob("*")):
        if not is_hidden(file.relative_to(folder)) and file.is_file():
            yield file


def _walk(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from filter(can_be_graded, list_folder(path))
        elif path.is_file():
            yield path
        else:
            message = f"{path} is not a file"
            raise click.UsageError(message)


def list_names(files: Sequence[PurePath]) -> list[str]:
    """Return the files' names, with their folders if two names would otherwise be the same."""
    ambiguous = len({file.name for file in files}) < len(files)
    return [write_name(str(file) if ambiguous else file.name) for file in files]


def write_name(name: str) -> str:
    """Return a file's name for a report, which cannot hold bytes that are not in our encoding."""
    return name.encode("utf-8", "backslashreplace").decode()


def read_submission(file: Path) -> bytes:
    """Return the file's bytes; of a file that is too large, one byte more than the limit."""
    with file.open("rb") as stream:
        return stream.read(LARGEST_FILE + 1)


@contextmanager
def write_privately(path: Path) -> Iterator[IO[bytes]]:
    """Write a file that only its owner may read: wholly, on disk, or not at all."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with open(descriptor, "wb") as stream:  # noqa: PTH123 - Path opens no descriptors
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
