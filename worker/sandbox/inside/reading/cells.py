"""A notebook's code cells, or a package's files, as text for the page that shows them, within caps.

Nobody else parses a student's file, nor opens an archive.
"""

from dataclasses import dataclass
from functools import cached_property

from .notebook import NotebookCell

#: Cells, and bytes of UTF-8 of all of them together, that are passed on.
CELLS, BYTES = 1_000, 64 * 1024
#: Files of a package, and characters of a path.
FILES, LONGEST_PATH = 101, 120
_NUMBER = 10_000_000


@dataclass(frozen=True)
class Cells:
    """Code cells by number and text; `whole` is False if some were left out or cut. Empty for a Python file.

    A cell's number here counts all cells of the notebook, text cells too.
    """

    texts: tuple[tuple[int, str], ...] = ()
    whole: bool = True
    #: The paths of a package's files, which are numbered from 1, also if no text of them is there.
    names: tuple[str, ...] = ()
    #: The numbers of the first code cells that are left out of `texts`.
    beyond: tuple[int, ...] = ()

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the notebook's code cells, in order."""
        return (*(number for number, _ in self.texts), *self.beyond)

    def find_text(self, number: int) -> str:
        """Return the text of a code cell, or of a file, by its own number from 1; empty if it is left out."""
        if self.names:
            return dict(self.texts).get(number, "")
        return self.texts[number - 1][1] if 0 < number <= len(self.texts) else ""


def encode(cells: list[NotebookCell]) -> tuple[dict[str, object], bytes]:
    """Return the entry of a reply's header, and the texts one after the other as they begin its payload."""
    sizes: list[tuple[int, int]] = []
    data = b""
    whole = len(cells) <= CELLS
    for cell in cells[:CELLS]:
        left = BYTES - len(data)
        text = cell.text[: left + 1].encode("utf-8", "backslashreplace")
        if len(text) > left:
            # Not within a character.
            text = text[:left].decode("utf-8", "ignore").encode()
            whole = False
        sizes.append((cell.position or cell.number, len(text)))
        data += text
        if not whole and len(data) + 4 > BYTES:
            break
    beyond = [cell.position or cell.number for cell in cells[len(sizes) : CELLS]]
    names = [cell.name for cell in cells if cell.name]
    return {"cells": sizes, "whole": whole, "names": names, "beyond": beyond}, data


def decode(entry: object, payload: bytes) -> tuple[Cells, bytes]:
    """Return the cells and the rest of the payload; raises TypeError, ValueError or KeyError if it is no such reply."""
    if not isinstance(entry, dict) or type(entry["whole"]) is not bool or len(entry["cells"]) > CELLS:
        raise TypeError
    names = entry["names"]
    if not isinstance(names, list) or len(names) > FILES or not all(map(_is_path, names)):
        raise TypeError
    beyond = entry["beyond"]
    if not isinstance(beyond, list) or len(beyond) + len(entry["cells"]) > CELLS:
        raise TypeError
    texts: list[tuple[int, str]] = []
    start = last = 0
    for number, size in entry["cells"]:
        if type(number) is not int or type(size) is not int or size < 0:
            raise ValueError
        if not last < number < _NUMBER or start + size > min(BYTES, len(payload)):
            raise ValueError
        texts.append((number, payload[start : start + size].decode()))
        start, last = start + size, number
    if not all(type(number) is int and 0 < number < _NUMBER for number in beyond):
        raise ValueError
    return Cells(tuple(texts), entry["whole"], tuple(names), tuple(beyond)), payload[start:]


def _is_path(name: object) -> bool:
    return isinstance(name, str) and 0 < len(name) <= LONGEST_PATH and name.isprintable()
