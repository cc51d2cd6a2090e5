"""The files that somebody names: files, folders, and the ZIP archives that an LMS makes of a class's submissions."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

import click

from backmark.worker.cli.files import can_be_graded, is_hidden, is_package, list_folder


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
    #: True if the assignment takes packages: ZIP archives, and folders that have the graded file.
    packages: bool = False

    @property
    def gradable(self) -> bool:
        """True if its name is that of a notebook or a Python file, or if it is a package and such are taken."""
        return can_be_graded(self.name, packages=self.packages) or self.path.is_dir()


def is_archive(path: Path) -> bool:
    """Return True if it is called a ZIP archive."""
    return path.suffix.lower() == ".zip" and path.is_file()


@contextmanager
def open_downloads(
    paths: Sequence[Path], package: str = "", *, is_class: bool = False
) -> Iterator[list[DownloadedFile]]:
    """Find all files in what was named, archives unpacked into a folder that is gone afterwards.

    `package` is the path of the graded file where the assignment takes packages: an archive that is named is then one
    of these, and stays closed, unless it is a class.
    """
    with ExitStack() as stack:
        folder = Path()
        unpacked = {path for path in paths if is_archive(path) and (is_class or not package)}
        if unpacked:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="backmark-")))
        yield [
            file
            for number, path in enumerate(paths)
            for file in (
                _unpack(path, folder / str(number), packages=bool(package))
                if path in unpacked
                else _open(path, paths, package)
            )
        ]


def choose_files(files: Sequence[DownloadedFile]) -> list[DownloadedFile]:
    """Return the files that are graded if each is a submission; raise UsageError if there are none."""
    chosen = [file for file in files if file.named or file.gradable]
    if not chosen:
        message = "nothing to grade: there is no .ipynb or .py file in the folders and archives that you named"
        raise click.UsageError(message)
    return chosen


def _unpack(archive: Path, folder: Path, *, packages: bool) -> Iterator[DownloadedFile]:
    # Cold start: most files are no archives.
    from backmark.worker.cli.archives import unpack  # noqa: PLC0415

    folder.mkdir()
    for name, file in unpack(archive, folder, packages=packages):
        if not is_hidden(name):
            yield DownloadedFile(file, name, archive / name, packages=packages)


def _open(path: Path, paths: Sequence[Path], package: str) -> Iterator[DownloadedFile]:
    if path.is_file() or is_package(path, package):
        whole = path.resolve() if path.is_dir() else path
        yield DownloadedFile(path, PurePosixPath(whole.name), path if path.name else whole, named=True)
        return
    # Of several folders, each is a student's, and its name is part of the path.
    top = PurePosixPath(*([path.resolve().name] if len(paths) > 1 else []))
    for file in list_folder(path, package):
        yield DownloadedFile(file, top / file.relative_to(path), file, packages=bool(package))
