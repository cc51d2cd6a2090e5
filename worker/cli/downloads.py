"""The files that somebody names: files, folders, and the ZIP archives that an LMS makes of a class's submissions."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

import click

from worker.cli.files import can_be_graded, is_hidden, list_folder


@dataclass(frozen=True, slots=True)
class DownloadedFile:
    """A file of a class, wherever it was."""

    #: Its place on this machine; of an archive's file, in a temporary folder.
    path: Path
    #: Its path in the folder or archive that was named.
    name: PurePosixPath
    #: Its name in reports: its path as it was named on the command line.
    label: PurePath
    #: True if it was named itself: then it is graded whatever its ending.
    named: bool = False

    @property
    def gradable(self) -> bool:
        """True if its name is that of a notebook or a Python file."""
        return can_be_graded(self.name)


def is_archive(path: Path) -> bool:
    """Return True if it is called a ZIP archive."""
    return path.suffix.lower() == ".zip" and path.is_file()


@contextmanager
def open_downloads(paths: Sequence[Path]) -> Iterator[list[DownloadedFile]]:
    """Find all files in what was named, archives unpacked into a folder that is gone afterwards."""
    with ExitStack() as stack:
        folder = Path()
        if any(map(is_archive, paths)):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="backmark-")))
        yield [file for number, path in enumerate(paths) for file in _open(path, paths, folder / str(number))]


def choose_files(files: Sequence[DownloadedFile]) -> list[DownloadedFile]:
    """Return the files that are graded if each is a submission; raise UsageError if there are none."""
    chosen = [file for file in files if file.named or file.gradable]
    if not chosen:
        message = "there is no .ipynb or .py file in what you named"
        raise click.UsageError(message)
    return chosen


def _open(path: Path, paths: Sequence[Path], folder: Path) -> Iterator[DownloadedFile]:
    if is_archive(path):
        # Cold start: most files are no archives.
        from worker.cli.archives import unpack  # noqa: PLC0415

        folder.mkdir()
        for name, file in unpack(path, folder):
            if not is_hidden(name):
                yield DownloadedFile(file, name, path / name)
    elif path.is_dir():
        # Of several folders, each is a student's, and its name is part of the path.
        top = PurePosixPath(*([path.resolve().name] if len(paths) > 1 else []))
        for file in list_folder(path):
            yield DownloadedFile(file, top / file.relative_to(path), file)
    else:
        yield DownloadedFile(path, PurePosixPath(path.name), path, named=True)
