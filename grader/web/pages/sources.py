"""What a student handed in, line by line, with the lines marked that its verdict speaks of.

A notebook's JSON is read for its cells, as any body of a request is; its code is text here and is not parsed.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from grader.plaintext import plain

#: Lines of all cells together, and characters of each, that are shown.
_LINES, _CHARACTERS = 3000, 400
#: As the jail names a line (worker/sandbox/inside/listing.py), and as a sentence may.
_PLACE = re.compile(r"\bcell (\d{1,6}), line (\d{1,7})\b|\bline (\d{1,7}) of cell (\d{1,6})\b|\bline (\d{1,7})\b")
_NEWLINE = re.compile(r"\r\n|\r|\n")


class Mark(StrEnum):
    """Why a line is marked."""

    #: A traceback, or why the file was refused, names it.
    RAISED = "raised"
    #: It writes what is the first to differ.
    DIFFERS = "differs"


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
class Listing:
    """All that is shown; `whole` is false where it was too long to be all of it."""

    cells: tuple[Cell, ...]
    whole: bool

    @property
    def marked(self) -> bool:
        """Whether any line is."""
        return any(cell.marked for cell in self.cells)


def listing(source: bytes, filename: str, verdict: Mapping[str, Any] | None) -> Listing:
    """A source with the lines that the verdict, or nothing, speaks of."""
    places, written = _places(verdict), _written(verdict)
    left, whole, cells = _LINES, True, []
    for number, text in _texts(source, named=filename.lower().endswith(".ipynb")):
        if not left:
            whole = False
            break
        rows = _NEWLINE.split(text, maxsplit=left)
        whole = whole and len(rows) <= left
        lines = (_line(number, at, row, places, written) for at, row in enumerate(rows[:left], 1))
        cells.append(Cell(number, tuple(lines)))
        left -= min(left, len(rows))
    return Listing(tuple(cells), whole)


def _line(
    cell: int | None, number: int, row: str, places: frozenset[tuple[int | None, int]], written: re.Pattern[str] | None
) -> Line:
    shown = plain(row) if len(row) <= _CHARACTERS else f"{plain(row[:_CHARACTERS])} … (cut)"
    if (cell, number) in places:
        return Line(number, shown, Mark.RAISED)
    return Line(number, shown, Mark.DIFFERS if written and written.match(row[:_CHARACTERS]) else None)


def _texts(source: bytes, *, named: bool) -> Iterable[tuple[int | None, str]]:
    text = source.decode("utf-8-sig", "replace")
    if named or text.lstrip().startswith("{"):
        try:
            # As the jail reads it: nothing needs numbers, and an integer of 5,000 digits would raise.
            return list(_code(json.loads(text, parse_int=float)))
        except (ValueError, LookupError, RecursionError, TypeError, AttributeError):
            # No notebook, or none that is whole: shown as what it is.
            pass
    return [(None, text)]


def _code(document: Any) -> Iterable[tuple[int, str]]:
    groups = [document] if "cells" in document else document["worksheets"]
    cells = [cell for group in groups for cell in group.get("cells", [])]
    for number, cell in enumerate(cells, 1):
        if cell.get("cell_type") == "code":
            written = cell.get("source", cell.get("input", ""))
            yield number, written if isinstance(written, str) else "".join(written)


def _places(verdict: Mapping[str, Any] | None) -> frozenset[tuple[int | None, int]]:
    """Cells and lines that the verdict names."""
    if verdict is None:
        return frozenset()
    error = verdict["error"] or {}
    first = verdict.get("first_difference") or {}
    said = "\n".join([error.get("message", ""), _frames(error.get("traceback", "")), first.get("message", "")])
    found = set()
    for match in _PLACE.finditer(said):
        cell, line, line_first, cell_last, alone = match.groups()
        number = cell or cell_last
        found.add((int(number) if number else None, int(line or line_first or alone)))
    return frozenset(found)


def _frames(traceback: str) -> str:
    """Only the lines that name a place of the student's own; those of libraries start with the library's name."""
    return "\n".join(each for each in traceback.splitlines() if re.match(r"\s*(cell|line) \d", each))


def _written(verdict: Mapping[str, Any] | None) -> re.Pattern[str] | None:
    """Lines that write an entry of what is the first to differ, whichever layer's."""
    first = (verdict or {}).get("first_difference")
    names = set(re.findall(r"\b([A-Za-z_]\w{0,60})\[", first["variable"])) if first else set()
    if not names:
        return None
    either = "|".join(sorted(map(re.escape, names)))
    return re.compile(rf"[ \t]*(?:{either})(?:[ \t]*\[[^=]{{0,200}}\][ \t]*[-+*/]?=(?!=)|\.(?:append|insert)\()")
