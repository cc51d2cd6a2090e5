"""An assignment's folder as one text: its TOML with the files beside it in a table, which is how it travels."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from backmark.grader.errors import BadAssignment

#: The file in a folder that describes the assignment.
NAME = "assignment.toml"
#: The name of a file that belongs to an assignment, relative to its folder, and patterns to find such files by.
FILES = re.compile(r"(mistakes/)?\w[\w.-]{0,99}\.py", re.ASCII)
#: The name of a folder beside another one.
FOLDER = re.compile(r"\w[\w.-]{0,99}", re.ASCII)
_ENTRY = "entry"
_PATTERNS = ("*.py", "mistakes/*.py")
#: Characters that a TOML text between three quotes cannot hold as they are.
_ESCAPES = {ord("\\"): "\\\\", ord('"'): '\\"'}
_ESCAPES |= {code: f"\\u{code:04X}" for code in (*range(32), 0x7F) if chr(code) not in "\t\n"}
#: Bytes of a folder's files together.
_MOST = 1 << 20


def bundle(folder: Path) -> str:
    """Return the text of a folder's assignment with its files in a table `files`; raises BadAssignment."""
    text = _read(folder / NAME)
    if own := read_other_name(text):
        entry = folder.resolve().with_name(own.pop("entry"))
        if read_other_name(_read(entry / NAME)):
            raise BadAssignment(f"{folder}: entry names {entry.name}, which names another folder beside it")
        return _rename(bundle(entry), own)
    files = {str(file.relative_to(folder)): _read_own(file, folder) for file in _list_files(folder)}
    if sum(map(len, files.values())) > _MOST:
        raise BadAssignment(f"{folder}: its files hold more than {_MOST >> 20} MiB")
    return join(text, files)


def read_other_name(text: str) -> dict[str, Any]:
    """Return the keys of a file that gives an assignment in the folder beside it another name; none of any other file.

    `entry` is that folder; the other keys stand in the place of those at the top of its file.
    """
    try:
        tables = tomllib.loads(text) if _ENTRY in text else {}
    except tomllib.TOMLDecodeError:
        # Whoever reads the assignment says what is wrong.
        return {}
    return tables if FOLDER.fullmatch(str(tables.get("entry"))) and all(map(_is_plain, tables.values())) else {}


def _is_plain(value: object) -> bool:
    return isinstance(value, (str, int, bool))


def _rename(text: str, own: Mapping[str, Any]) -> str:
    """Return an assignment's text with these keys at its top."""
    top, bracket, tables = text.partition("\n[")
    for key, value in own.items():
        line = f"{key} = {json.dumps(value)}"
        top, replaced = re.subn(rf"(?m)^{re.escape(key)} = .*$", line.replace("\\", r"\\"), top, count=1)
        top = top if replaced else f"{top}\n{line}"
    return f"{top}{bracket}{tables}"


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
