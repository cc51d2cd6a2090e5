"""A ZIP archive that an LMS made, unpacked with care: nothing leaves a temporary folder, and no bomb goes off."""

import errno
import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath

import click

from backmark.grader.support.file_formats import START_BYTES
from backmark.worker.cli.files import LARGEST_FILE, can_be_graded

#: Files of a class of thousands, each with a few.
MOST_MEMBERS = 20_000
#: Bytes of all files together: a thousand notebooks with their plots.
MOST_BYTES = 1 << 30
#: Characters of a name: no LMS keeps longer ones.
_LONGEST_NAME = 255

#: The advice for an archive that is refused before it is unpacked.
_BY_HAND = "unpack it yourself, and name the folder"

#: The errors of a damaged archive, or of a compression that Python does not know.
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)


class ArchiveRefused(click.UsageError):
    """An archive that is not unpacked. `reason` is a clause of its own; the advice is for whoever downloaded it."""

    def __init__(self, archive: Path, reason: str, advice: str = "") -> None:
        super().__init__(f"{archive} is not unpacked: {reason}{advice and f'; {advice}'}")
        self.reason = reason


def unpack(archive: Path, folder: Path, *, packages: bool = False) -> Iterator[tuple[PurePosixPath, Path]]:
    """Write the archive's files to the folder, and yield each with its path in the archive.

    With `packages` the archives in it can be graded, and stay closed.

    Files are numbered there: no name from the archive is a path of this machine. Of a file that cannot be graded only
    the first bytes are written, and of one that is too large one byte more than the limit. Raises ArchiveRefused for an
    archive that is damaged or locked, or no download of an LMS.
    """
    try:
        with _open(archive) as opened:
            members = [member for member in opened.infolist() if not member.is_dir()]
            if len(members) > MOST_MEMBERS:
                raise ArchiveRefused(archive, f"it has {len(members):,} files, more than the limit of {MOST_MEMBERS:,}")
            names = [_check_member(archive, member) for member in members]
            written = 0
            for number, (member, name) in enumerate(zip(members, names, strict=True)):
                graded = can_be_graded(name, packages=packages)
                most = LARGEST_FILE + 1 if graded else START_BYTES
                content = _read(opened, member, most)
                written += len(content)
                if written > MOST_BYTES:
                    raise ArchiveRefused(archive, f"its files have more than {MOST_BYTES >> 20:,} MiB", _BY_HAND)
                file = folder / f"{number}{PurePosixPath(name.name).suffix if graded else ''}"
                file.write_bytes(content)
                yield name, file
    except _DAMAGED as error:
        raise ArchiveRefused(archive, f"it is damaged or no ZIP archive ({error})", "download it again") from error


@contextmanager
def _blame_archive() -> Iterator[None]:
    """Raise BadZipFile for what only a damaged archive causes, and zipfile lets through."""
    try:
        yield
    except (UnicodeDecodeError, lzma.LZMAError) as error:
        raise zipfile.BadZipFile(str(error)) from error
    except OSError as error:
        # It was asked for a place before the file's beginning, or bz2 cannot read it; all else is the machine's.
        if error.errno not in {None, errno.EINVAL}:
            raise
        raise zipfile.BadZipFile(str(error)) from error


def _open(archive: Path) -> zipfile.ZipFile:
    with _blame_archive():
        return zipfile.ZipFile(archive)


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    with _blame_archive(), archive.open(member) as stream:
        return stream.read(most)


def _check_member(archive: Path, member: zipfile.ZipInfo) -> PurePosixPath:
    """Return a member's path; refuse one that an LMS would not write."""
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or PureWindowsPath(member.filename).drive:
        raise ArchiveRefused(archive, f"its file {member.filename!r} would be written outside of the folder")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise ArchiveRefused(archive, f"its file {member.filename!r} is a link to another file")
    if any(len(part) > _LONGEST_NAME for part in path.parts):
        raise ArchiveRefused(archive, f"a file or folder in it has a name of more than {_LONGEST_NAME} characters")
    if member.flag_bits & 1:
        raise ArchiveRefused(archive, "it is locked by a password", _BY_HAND)
    return path
