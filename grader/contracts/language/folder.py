"""An assignment's folder as one text: its TOML with the files beside it in a table, which is how it travels."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from backmark.grader.errors import BadAssignment

#: The file in a folder that describes the assignment.
NAME = "assignment.toml"
#: The name of a file that belongs to an assignment, relative to its folder, and patterns to find such files by.
FILES = re.compile(r"(mistakes/)?\w[\w.-]{0,99}\.py", re.ASCII)
_PATTERNS = ("*.py", "mistakes/*.py")
#: Characters that a TOML text between three quotes cannot hold as they are.
_ESCAPES = {ord("\\"): "\\\\", ord('"'): '\\"'}
_ESCAPES |= {code: f"\\u{code:04X}" for code in (*range(32), 0x7F) if chr(code) not in "\t\n"}
#: Bytes of a folder's files together.
_MOST = 1 << 20


def bundle(folder: Path) -> str:
    """Return the text of a folder's assignment with its files in a table `files`; raises BadAssignment."""
    files = {str(file.relative_to(folder)): _read_own(file, folder) for file in _list_files(folder)}
    if sum(map(len, files.values())) > _MOST:
        raise BadAssignment(f"{folder}: its files hold more than {_MOST >> 20} MiB")
    return join(_read(folder / NAME), files)


def join(text: str, files: Mapping[str, str]) -> str:
    """Return the text of an assignment with files beside it in a table `files`."""
    entries = (f'"{name}" = """\n{content.translate(_ESCAPES)}"""\n' for name, content in sorted(files.items()))
    return f"{text.rstrip()}\n\n[files]\n{''.join(entries)}"


def _list_files(folder: Path) -> Iterator[Path]:
    for pattern in _PATTERNS:
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
