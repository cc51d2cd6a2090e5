"""What a student handed in, line by line, with the lines marked that its verdict speaks of.

Nothing of a student's is parsed here, nor looked at beyond a few hundred kilobytes: a notebook's cells are those that
the jail found (grader/store/listings.py), every other file is cut into lines.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from grader.reports.plaintext import plain
from grader.store.listings import CodeListing as Stored

#: Bytes of a file that are looked at.
RAW = 256 * 1024

#: Lines of all cells together, and characters of each, that are shown.
_LINES, _CHARACTERS = 3000, 400
_NEWLINE = re.compile(r"\r\n|\r|\n")


class Mark(StrEnum):
    """Why a line is marked."""

    #: A traceback, or why the file was refused, names it.
    RAISED = "raised"
    #: It writes what is the first to differ.
    DIFFERS = "differs"


Places = frozenset[tuple[int | None, int]]


@dataclass(frozen=True, slots=True)
class _Marks:
    """What is marked: lines by their cell and number, and lines that look like this."""

    raised: Places
    differs: Places
    written: re.Pattern[str] | None

    def of(self, cell: int | None, number: int, text: str) -> Mark | None:
        """Why this line is marked, if it is."""
        if (cell, number) in self.raised:
            return Mark.RAISED
        if (cell, number) in self.differs or (self.written and self.written.match(text)):
            return Mark.DIFFERS
        return None


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it can be shown."""

    number: int
    text: str
    mark: Mark | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell, counted from 1 over all cells of the notebook; a Python file is one without a number."""

    number: int | None
    lines: tuple[Line, ...]

    @property
    def marked(self) -> tuple[Line, ...]:
        """The lines that the verdict speaks of."""
        return tuple(line for line in self.lines if line.mark)


@dataclass(frozen=True, slots=True)
class CodeListing:
    """All that is shown; `whole` is false where it was too long to be all of it."""

    cells: tuple[Cell, ...]
    whole: bool
    #: Whether it is a notebook's file as it stands, since no jail has told its cells.
    raw: bool = False

    @property
    def marked(self) -> bool:
        """Whether any line is."""
        return any(cell.marked for cell in self.cells)


def listing(
    filename: str, start: bytes, size: int, cells: Stored | None, verdict: Mapping[str, Any] | None
) -> CodeListing:
    """Return the lines of a notebook's `cells`, or without them of the file's `start`, with the verdict's lines marked.

    `size` is the whole file's, in bytes.
    """
    if cells is None:
        notebook = filename.lower().endswith(".ipynb") or start[:100].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
        # Its last character may be cut.
        pieces: list[tuple[int | None, str]] = [(None, start[:RAW].decode("utf-8-sig", "replace"))]
        whole = size <= min(RAW, len(start))
    else:
        notebook, pieces, whole = False, list(cells.cells), cells.whole
    marks, left = _marks(verdict), _LINES
    shown = []
    for number, text in pieces:
        if not left:
            whole = False
            break
        rows = _NEWLINE.split(text, maxsplit=left)
        whole = whole and len(rows) <= left
        lines = (_line(number, at, row, marks) for at, row in enumerate(rows[:left], 1))
        shown.append(Cell(number, tuple(lines)))
        left -= min(left, len(rows))
    return CodeListing(tuple(shown), whole, raw=notebook)


def _line(cell: int | None, number: int, row: str, marks: _Marks) -> Line:
    shown = plain(row) if len(row) <= _CHARACTERS else f"{plain(row[:_CHARACTERS])} … (cut)"
    return Line(number, shown, marks.of(cell, number, row[:_CHARACTERS]))


def _marks(verdict: Mapping[str, Any] | None) -> _Marks:
    """What the verdict names; where it has no line for the first to differ, all that write such an entry."""
    if verdict is None:
        return _Marks(frozenset(), frozenset(), None)
    error, first = verdict["error"] or {}, verdict.get("first_difference") or {}
    named = (*error.get("frames", ()), *error.get("lines", ()))
    raised = frozenset((each["cell"], each["line"]) for each in named)
    differs = frozenset((first["cell"], line) for line in first.get("lines", ()))
    return _Marks(raised, differs, None if differs else _written(first.get("lists", ())))


def _written(lists: Sequence[str]) -> re.Pattern[str] | None:
    """Lines that write an entry of what is the first to differ, whichever layer's."""
    if not lists:
        return None
    either = "|".join(map(re.escape, lists))
    return re.compile(rf"[ \t]*(?:{either})(?:[ \t]*\[[^=]{{0,200}}\][ \t]*[-+*/]?=(?!=)|\.(?:append|insert)\()")
