"""An assignment's folder as one text: its TOML with the files beside it in a table, which is how it travels."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from grader.errors import BadAssignment

#: The file in a folder that describes the assignment.
NAME = "assignment.toml"
#: Files that belong to an assignment, by their pattern.
PATTERNS = ("*.py", "mistakes/*.py")
#: Characters that a TOML text between three quotes cannot hold as they are.
_ESCAPES = {ord("\\"): "\\\\", ord('"'): '\\"', ord("\r"): "\\r", 0x7F: "\\u007F"}
#: Bytes of a folder's files together.
_MOST = 1 << 20


def bundle(folder: Path) -> str:
    """Return the text of a folder's assignment with its files in a table `files`; raises BadAssignment."""
    files = {str(file.relative_to(folder)): _read_own(file, folder) for file in _list_files(folder)}
    if sum(map(len, files.values())) > _MOST:
        raise BadAssignment(f"{folder}: its files hold more than {_MOST >> 20} MiB")
    return join(_read(folder / NAME), files)


def belongs(name: str) -> bool:
    """Return True if a file of this name in a folder, with `/` between parts, belongs to its assignment."""
    depth = name.count("/")
    return any(depth == pattern.count("/") and fnmatchcase(name, pattern) for pattern in PATTERNS)


def join(text: str, files: Mapping[str, str]) -> str:
    """Return the text of an assignment with files beside it in a table `files`."""
    entries = (f'"{name}" = """\n{content.translate(_ESCAPES)}"""\n' for name, content in sorted(files.items()))
    return f"{text.rstrip()}\n\n[files]\n{''.join(entries)}"


def _list_files(folder: Path) -> Iterator[Path]:
    for pattern in PATTERNS:
        yield from sorted(folder.glob(pattern))


def _read_own(file: Path, folder: Path) -> str:
    """Return the text of a folder's own file: a link may lead to what nobody means to send, or to what never ends."""
    if not (file.is_file() and file.resolve().is_relative_to(folder.resolve())):
        raise BadAssignment(f"{file} is no file of its folder: put a copy of it there")
    if file.stat().st_size > _MOST:
        raise BadAssignment(f"{file} holds more than {_MOST >> 20} MiB")
    return _read(file)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file} cannot be read: {error}"
        raise BadAssignment(message) from error
