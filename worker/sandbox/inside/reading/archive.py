"""A ZIP archive as it was handed in: which of its members are Python files, read within caps, and never written out.

Only a jail opens it. Each member is decompressed in memory and up to what it declares; what is no Python file stays
closed.
"""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from zipfile import ZipFile, ZipInfo

from .cells import LONGEST_PATH
from .rejection import Rejected, quote

#: Members, and Python files among them.
MEMBERS, PYTHON_FILES = 5_000, 500
#: Bytes that all members declare together, and how many for each of the archive's own a Python file may declare.
DECLARED, RATIO = 1 << 30, 100
#: Bytes of a Python file that no ratio is asked of: a short text of blanks is no bomb.
_SMALL = 64 << 10
#: Names that operating systems and Python put there.
_CLUTTER = frozenset({"__MACOSX", "__pycache__", "Thumbs.db"})
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
_FAULTS = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError, LookupError)


def read_python_files(source: bytes, most: int) -> dict[str, bytes]:
    """Return the bytes of the archive's Python files by their paths; `most` bytes in all.

    Raises Rejected: for members that no archive of homework has, whatever they are, and for one that is damaged.
    """
    try:
        with ZipFile(io.BytesIO(source)) as archive:
            members = dict(_list_members(archive))
            chosen = {path: member for path, member in members.items() if _is_python(path)}
            _limit(chosen, most)
            return {path: _read(archive, path, member) for path, member in chosen.items()}
    except _FAULTS as error:
        raise _reject_damage(f"it cannot be read ({quote(str(error)) or type(error).__name__})") from None


def _list_members(archive: ZipFile) -> Iterator[tuple[str, ZipInfo]]:
    """Yield the files with their paths; refuse all that could lead out of the archive, or that hides what it holds."""
    if len(archive.filelist) > MEMBERS:
        raise _too_large(f"The archive has {len(archive.filelist):,} members, but the limit is {MEMBERS:,}.")
    if sum(member.file_size for member in archive.filelist) > DECLARED:
        raise _too_large(f"The archive unpacks to more than {DECLARED >> 20:,} MiB.")
    seen: set[str] = set()
    for member in archive.filelist:
        path = _check_path(member)
        if path in seen:
            raise _reject_damage(f"it holds {_show(path)} twice")
        seen.add(path)
        if not member.is_dir() and not path.endswith("/"):
            yield path, member


def _check_path(member: ZipInfo) -> str:
    """Return a member's path with slashes between its parts; refuse links, and paths that lead out."""
    # `filename` is cut at a NUL: what another program would see is looked at.
    path = member.orig_filename.replace("\\", "/")
    # Programs that pack the folder "." name its members "./a.py", and some the folder itself "./".
    named = [part for part in path.split("/") if part != "."]
    path = "/".join(named) if any(named) else path
    parts = path.removesuffix("/").split("/")
    if stat.S_IFMT(member.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise _unsafe(f"{_show(path)} is a link or a device, not a file")
    if path.startswith("/") or parts[0].endswith(":"):
        raise _unsafe(f"{_show(path)} is an absolute path")
    if ".." in parts:
        raise _unsafe(f"{_show(path)} leads out of its folder")
    if not path.isprintable() or not all(parts):
        raise _unsafe(f"{_show(path)} is not a path that every system allows")
    if len(path) > LONGEST_PATH and _is_python(path):
        raise _unsafe(f"{_show(path)} has {len(path):,} characters, but the limit is {LONGEST_PATH}")
    return path


def _is_python(path: str) -> bool:
    """Return True for a Python file that a person put there."""
    parts = path.split("/")
    return path.endswith(".py") and not any(part in _CLUTTER or part.startswith(".") for part in parts)


def _limit(chosen: dict[str, ZipInfo], most: int) -> None:
    """Refuse what is too much to read, by what the archive itself says."""
    if len(chosen) > PYTHON_FILES:
        raise _too_large(f"The archive holds {len(chosen):,} Python files, but the limit is {PYTHON_FILES}.")
    total = sum(member.file_size for member in chosen.values())
    if total > most:
        raise _too_large(f"The archive holds {total:,} bytes of Python, but the limit is {most:,}.")
    for path, member in chosen.items():
        if member.flag_bits & _ENCRYPTED:
            raise Rejected("bad_archive", f"{_show(path)} is encrypted. Make the archive again without a password.")
        if member.compress_type not in _METHODS:
            raise _reject_damage(f"{_show(path)} is compressed in a way that not every program reads")
        if member.file_size > max(_SMALL, RATIO * member.compress_size):
            raise _too_large(
                f"{_show(path)} unpacks to more than {RATIO} times its size, which Python code never does."
            )


def _read(archive: ZipFile, path: str, member: ZipInfo) -> bytes:
    """Return a member's bytes, not one more than it declares."""
    with archive.open(member) as stream:
        data = stream.read(member.file_size + 1)
    if len(data) != member.file_size:
        raise _reject_damage(f"{_show(path)} does not have the {member.file_size:,} bytes that it declares")
    return data


def _too_large(sentence: str) -> Rejected:
    advice = "Hand in only your Python files, without data, plots or environments."
    return Rejected("too_large", f"{sentence} {advice}")


def _unsafe(sentence: str) -> Rejected:
    advice = "Make the archive again from your homework's folder, with plain files only."
    return Rejected("bad_archive", f"The archive is refused: {sentence}. {advice}")


def _reject_damage(sentence: str) -> Rejected:
    advice = "Make the archive again with your system's own ZIP program, and hand in the new archive."
    return Rejected("bad_archive", f"The ZIP archive is damaged: {sentence}. {advice}")


def _show(path: str) -> str:
    return quote(path) or "a member without a name"
