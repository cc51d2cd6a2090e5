"""A submitted file line by line, with marks on the lines that its verdict names.

Nothing of a student's is parsed here, nor looked at beyond a few hundred kilobytes, and no archive is opened: the cells
of a notebook and the files of a package are those that the jail found (grader/store/listings.py), every other file is
cut into lines.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from backmark.grader.model.assignment import Level
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import Verdict
from backmark.grader.reports.plaintext import plain
from backmark.grader.reports.view import LineMark, NamedLine
from backmark.grader.store.listings import CodeListing as Stored
from backmark.grader.support.file_formats import is_archive

#: Bytes of a file that are looked at.
RAW = 256 * 1024

#: Lines of all cells together, and characters of each, that are shown.
_LINES, _CHARACTERS = 3000, 400
#: Lines that a verdict names that are shown beside it.
_MOST_NAMED = 12
_NEWLINE = re.compile(r"\r\n|\r|\n")


#: Lines by the number of their cell, or the path of their file in a package.
Places = frozenset[tuple[int | str | None, int]]


@dataclass(frozen=True, slots=True)
class _LineMarks:
    """The lines to mark, by their cell and number."""

    mended: Places
    raised: Places
    differs: Places

    def of(self, cell: int | str | None, number: int) -> LineMark | None:
        """Return the reason why this line is marked, or None if it is not."""
        if (cell, number) in self.mended:
            return LineMark.MENDED
        if (cell, number) in self.raised:
            return LineMark.RAISED
        if (cell, number) in self.differs:
            return LineMark.DIFFERS
        return None


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line as it can be shown."""

    number: int
    text: str
    mark: LineMark | None


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A code cell, by its number among all cells of the notebook; a Python file is one without a number.

    A file of a package has its path besides.
    """

    number: int | None
    lines: tuple[ShownLine, ...]
    path: str = ""
    #: Its number among the code cells, by which it is named; 0 for a file.
    code_cell: int = 0

    @property
    def label(self) -> str:
        """The name of it as a heading."""
        return self.path or f"Code cell {self.code_cell}"

    def place(self, line: int) -> str:
        """Return the place of a line, as a list begins with it."""
        if self.path:
            return f"Line {line} of {self.path}"
        return f"Line {line} of code cell {self.code_cell}" if self.number else f"Line {line}"

    @property
    def marked(self) -> tuple[ShownLine, ...]:
        """The lines that the verdict names."""
        return tuple(line for line in self.lines if line.mark)


@dataclass(frozen=True, slots=True)
class MarkedListing:
    """The lines that are shown; `whole` is false if the file was too long to show all of it."""

    cells: tuple[ShownCell, ...]
    whole: bool
    #: True if it is a notebook's file as it stands, since no jail has reported its cells.
    raw: bool = False
    #: True if it is an archive, of which nothing is shown but what a jail has reported.
    archive: bool = False

    @property
    def marked(self) -> bool:
        """True if any line is marked."""
        return any(cell.marked for cell in self.cells)


def list_named(shown: MarkedListing, verdict: Verdict) -> tuple[NamedLine, ...]:
    """Return the lines that the verdict names; not if they are many.

    Those that must be changed are left out, and those that the traceback shows: the verdict quotes both.
    """
    traced = verdict.error is not None and verdict.error.traceback and verdict.level is not Level.HINT
    quoted = {LineMark.MENDED, LineMark.RAISED} if traced else {LineMark.MENDED}
    lines = tuple(
        NamedLine(cell.place(line.number), line.text, line.mark)
        for cell in shown.cells
        for line in cell.lines
        if line.mark and line.mark not in quoted
    )
    return lines if len(lines) <= _MOST_NAMED else ()


def listing(filename: str, start: bytes, size: int, cells: Stored | None, verdict: Verdict | None) -> MarkedListing:
    """Return the lines of a notebook's `cells`, or without them of the file's `start`, with the verdict's lines marked.

    `size` is the whole file's, in bytes.
    """
    if cells is None and is_archive(start):
        return MarkedListing((), whole=False, archive=True)
    if cells is None:
        notebook = filename.lower().endswith(".ipynb") or start[:100].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
        # Its last character may be cut.
        pieces: list[tuple[int | None, str]] = [(None, start[:RAW].decode("utf-8-sig", "replace"))]
        whole = size <= min(RAW, len(start))
    else:
        notebook, pieces, whole = False, list(cells.cells), cells.whole
    marks, left = _marks(verdict), _LINES
    listed_cells = []
    for code_cell, (number, text) in enumerate(pieces, 1):
        if not left:
            whole = False
            break
        rows = _NEWLINE.split(text, maxsplit=left)
        whole = whole and len(rows) <= left
        path = "" if cells is None else cells.name(number)
        lines = (_line(path or number, at, row, marks) for at, row in enumerate(rows[:left], 1))
        listed_cells.append(ShownCell(number, tuple(lines), path, code_cell))
        left -= min(left, len(rows))
    return MarkedListing(tuple(listed_cells), whole, raw=notebook)


def _line(cell: int | str | None, number: int, row: str, marks: _LineMarks) -> ShownLine:
    text = plain(row) if len(row) <= _CHARACTERS else f"{plain(row[:_CHARACTERS])} … (cut)"
    return ShownLine(number, text, marks.of(cell, number))


def _marks(verdict: Verdict | None) -> _LineMarks:
    """Return the lines that the verdict names."""
    if verdict is None:
        return _LineMarks(frozenset(), frozenset(), frozenset())
    mended = _places(line for statement in verdict.repair for line in statement.lines)
    error, first = verdict.error, verdict.first_difference
    raised = _places(() if error is None else (*error.frames, *error.lines))
    differs = () if first is None else ((first.file or first.cell, line) for line in first.lines)
    return _LineMarks(mended, raised, frozenset(differs))


def _places(lines: Iterable[SourceLine]) -> Places:
    return frozenset((line.file or line.cell, line.line) for line in lines)
