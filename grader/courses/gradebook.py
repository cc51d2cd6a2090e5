"""The table of marks that an LMS exports, and its columns filled: Canvas's gradebook, Moodle's grading worksheet.

Rows are found by the id that only the LMS gives a student, never by a name.
Facts about both formats: docs/how-we-know/lms.md.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from backmark.grader.courses.gradebook_table import GradebookError, GradebookTable

#: Digits after the point of a mark: Canvas shows two, and Moodle stores more and shows two.
_DIGITS = 2
#: The title of an assignment in a header of Canvas, and its number.
_CANVAS_COLUMN = re.compile(r"(?P<title>.*\S) *\((?P<number>\d+)\)")
#: The word before a participant's number is in the language of whoever exported it.
_PARTICIPANT = re.compile(r"[^\d]*[^\d-](?P<number>\d+)")
_POINTS = "Points Possible"
_TEST_STUDENT = "Student, Test"
#: Cells of Canvas that are no marks and must stay: the student is excused, or was not given the assignment.
_CANVAS_WORDS: Mapping[str, str] = MappingProxyType(
    {"EX": "excused in Canvas", "N/A": "not assigned to this student in Canvas"}
)
#: A number, and not one whose comma may be a thousands separator. More digits before it would be infinite.
_NUMBER = re.compile(r"-?\d{1,12}(?:\.\d+|,(?!\d{3}$)\d+)?")
#: A number with both: `1,000.00`, or `1.000,00` as some languages write it.
_GROUPED = re.compile(r"-?\d{1,3}(?:(?:,\d{3}){1,3}\.\d+|(?:\.\d{3}){1,3},\d+)")
#: Moodle's column of comments on a student's work.
FEEDBACK_COLUMN = "Feedback comments"
#: The words of Moodle's column that says if a grade can be changed, in languages of Europe.
_YES = frozenset(("yes", "ja", "oui", "sí", "si", "sì", "sim", "tak", "ano", "áno", "da", "igen", "kyllä", "jah"))
_NO = frozenset(("no", "nein", "non", "não", "nee", "nej", "nei", "nie", "ne", "nu", "nem", "ei"))


class Lms(StrEnum):
    """The systems whose tables are known."""

    CANVAS = "canvas"
    MOODLE = "moodle"


#: The names that people know their tables by.
TABLE_NAMES: Mapping[Lms, str] = MappingProxyType(
    {Lms.CANVAS: "Canvas gradebook", Lms.MOODLE: "Moodle grading worksheet"}
)


@dataclass(frozen=True, slots=True)
class MarkColumn:
    """A column for marks, by its place in a row."""

    index: int
    header: str
    #: The marks for everything right; None if the table does not say a number.
    maximum: float | None
    #: The text that stands there for them.
    written: str = ""


@dataclass(frozen=True, slots=True)
class GradebookStudent:
    """A student's row, and the reason why its mark must stay as it is, if there is one."""

    row: int
    id: str
    name: str
    locked: str = ""


@dataclass(frozen=True, slots=True)
class Gradebook:
    """A table as an LMS exported it."""

    lms: Lms
    columns: tuple[MarkColumn, ...]
    students: tuple[GradebookStudent, ...]
    table: GradebookTable
    #: Names of groups: if they hand in together, a download of Moodle names them, by numbers that are no students'.
    groups: frozenset[str] = frozenset()
    #: The place of each column by its header.
    places: Mapping[str, int] = field(default_factory=dict)


class ColumnNotChosen(GradebookError):
    """No column is meant, or several are; `columns` has the headers of all that could be."""

    def __init__(self, gradebook: Gradebook, name: str | None, *, several: bool) -> None:
        wanted = "column for marks" if name is None else f"column {name!r}"
        super().__init__(f"it has {'more than one' if several else 'no'} {wanted}")
        self.columns = tuple(column.header for column in gradebook.columns)


@dataclass(frozen=True, slots=True)
class FilledGradebook:
    """A table with marks in a column, and whose marks are in only one of the two."""

    data: bytes
    filled: tuple[GradebookStudent, ...]
    #: The students of `filled` whose cell held another mark.
    replaced: tuple[GradebookStudent, ...]
    #: Students whose cell must stay as it is, although there is a mark for them.
    kept: tuple[GradebookStudent, ...]
    #: Students for whom there is no mark; their cells are as they were.
    unmarked: tuple[GradebookStudent, ...]
    #: The ids of marks for which there is no row.
    unknown: tuple[str, ...]
    #: Students whose cell for feedback was filled, and those whose cell had a text already, which stays.
    commented: tuple[GradebookStudent, ...] = ()
    uncommented: tuple[GradebookStudent, ...] = ()


def read_gradebook(data: bytes) -> Gradebook:
    """Read an exported table; raise GradebookError if it is of neither LMS, or names a student twice."""
    table = GradebookTable.read(data)
    header = table.texts(0) if table.rows else []
    names = [name for name in ("Student", "LastName") if name in header]
    gradebook = _read_canvas(table, header) if names and "ID" in header else _read_moodle(table, header)
    rows: dict[str, int] = {}
    for student in gradebook.students:
        if student.id in rows:
            message = (
                f"rows {rows[student.id] + 1} and {student.row + 1} are both of the student {student.id}; keep one"
            )
            raise GradebookError(message)
        rows[student.id] = student.row
    return gradebook


def choose_column(gradebook: Gradebook, name: str | None = None) -> MarkColumn:
    """Return the column of that header, title or number, or the only one; raise ColumnNotChosen if none is meant."""
    chosen = [column for column in gradebook.columns if name in {None, column.header}]
    if not chosen:
        chosen = [column for column in gradebook.columns if name in _aliases(column)]
    if len(chosen) != 1:
        raise ColumnNotChosen(gradebook, name, several=bool(chosen))
    column = chosen[0]
    if column.maximum is None or column.maximum <= 0:
        where = "the row Points Possible" if gradebook.lms is Lms.CANVAS else "the column after it"
        if column.maximum is None and any(map(str.isdigit, column.written)):
            message = (
                f"the maximum {column.written[:40]!r} of the column {column.header!r}, in {where}, can be read as two"
                " numbers; write it without a thousands separator, such as 1000 or 1000.00"
            )
            raise GradebookError(message)
        message = (
            f"the column {column.header!r} has no maximum above 0 in {where}, so marks cannot be scaled to it;"
            " give the assignment a maximum in the LMS, and export again"
        )
        raise GradebookError(message)
    return column


def fill(
    gradebook: Gradebook,
    column: MarkColumn,
    shares: Mapping[str, float],
    comments: Mapping[str, str] = MappingProxyType({}),
    comment_place: int | None = None,
) -> FilledGradebook:
    """Write each student's share of the maximum, 0 to 1 by LMS id, as a mark; every other cell stays as it is.

    Who gets a mark also gets the comment of that id in the column at `comment_place`, where that cell is empty.
    """
    for student_id, share in shares.items():
        if not 0 <= share <= 1:
            message = f"the mark of {student_id} is {share:g} of the maximum, and must be between 0 and 1"
            raise GradebookError(message)
    filled, replaced, kept, unmarked = [], [], [], []
    commented, uncommented = [], []
    changes: dict[tuple[int, int], str] = {}
    for student in gradebook.students:
        cells = gradebook.table.texts(student.row)
        if student.id not in shares:
            unmarked.append(student)
            continue
        locked = student.locked or (_CANVAS_WORDS.get(cells[column.index]) if gradebook.lms is Lms.CANVAS else "")
        if locked:
            kept.append(GradebookStudent(student.row, student.id, student.name, locked))
            continue
        mark = format_mark(shares[student.id] * (column.maximum or 0))
        before = cells[column.index]
        if _read_number(before) != float(mark):
            changes[student.row, column.index] = mark
            replaced += [student] if before not in {"", "-"} else []
        filled.append(student)
        comment = comments.get(student.id, "")
        if comment_place is None or not comment or cells[comment_place] == comment:
            continue
        if cells[comment_place]:
            uncommented.append(student)
            continue
        changes[student.row, comment_place] = comment
        commented.append(student)
    rows = {student.id for student in gradebook.students}
    return FilledGradebook(
        gradebook.table.replace(changes),
        tuple(filled),
        tuple(replaced),
        tuple(kept),
        tuple(unmarked),
        tuple(student_id for student_id in shares if student_id not in rows),
        tuple(commented),
        tuple(uncommented),
    )


def format_mark(mark: float) -> str:
    """Return a mark with at most two digits after the point, and no zeros at its end."""
    return f"{mark:.{_DIGITS}f}".rstrip("0").rstrip(".")


def _aliases(column: MarkColumn) -> Sequence[str]:
    """Return the title and the number of an assignment of Canvas."""
    named = _CANVAS_COLUMN.fullmatch(column.header)
    return named.groups() if named else ()


def _read_canvas(table: GradebookTable, header: Sequence[str]) -> Gradebook:
    points = next((row for row in range(1, len(table.rows)) if _POINTS in table.rows[row][0].text), None)
    if points is None:
        message = f"it looks like a Canvas gradebook, but has no row {_POINTS!r}; export it from Canvas again"
        raise GradebookError(message)
    # A cell "(read only)" marks a total, such as "Final Score (2026)".
    possible = _full_row(table, points, len(header))
    columns = [
        MarkColumn(index, name, _read_number(possible[index]), possible[index])
        for index, name in enumerate(header)
        if _CANVAS_COLUMN.fullmatch(name) and "read only" not in possible[index]
    ]
    place, names = header.index("ID"), 2 if header[0] == "LastName" else 1
    students = []
    for row in range(points + 1, len(table.rows)):
        cells = _full_row(table, row, len(header))
        name = ", ".join(cells[:names])
        if cells[place] and name != _TEST_STUDENT:
            students.append(GradebookStudent(row, cells[place], name))
    return Gradebook(Lms.CANVAS, tuple(columns), tuple(students), table)


def _read_moodle(table: GradebookTable, header: Sequence[str]) -> Gradebook:
    rows = [_full_row(table, row, len(header)) for row in range(1, len(table.rows))]
    identities = [_PARTICIPANT.fullmatch(cells[0]) for cells in rows]
    if len(header) < 3 or not identities or None in identities:
        message = (
            "it is neither a Canvas gradebook (columns Student, ID, ..., Section) nor a Moodle grading worksheet (a"
            f" first column of Participant and a number). Its columns: {', '.join(header) or 'none'}"
        )
        raise GradebookError(message)
    places = {name: index for index, name in enumerate(header)}
    grades = [places["Grade"]] if "Grade" in places else range(1, len(header))
    # In every language the maximum, or the words of a scale, are in the column after the grades.
    maxima = {index: rows[0][index + 1] if index + 1 < len(header) else "" for index in grades}
    columns = [MarkColumn(index, header[index], _read_number(written), written) for index, written in maxima.items()]
    changeable = _find_changeable(header, rows)
    students = [
        GradebookStudent(
            row,
            identity["number"] if identity else "",
            cells[places.get("Full name", 0)],
            "its grade cannot be changed in Moodle" if changeable and cells[changeable].casefold() in _NO else "",
        )
        for row, (cells, identity) in enumerate(zip(rows, identities, strict=True), 1)
    ]
    groups = {cells[places["Group"]] for cells in rows} if "Group" in places else set()
    return Gradebook(Lms.MOODLE, tuple(columns), tuple(students), table, frozenset(filter(None, groups)), places)


def _find_changeable(header: Sequence[str], rows: Sequence[Sequence[str]]) -> int | None:
    """Return the place of the column that says if a grade can be changed: in other languages, the first of yes and no.

    Raises GradebookError if the English column has other words, since a mark that cannot be changed is not uploaded.
    """
    named = "Grade can be changed"
    words = [{cells[index].casefold() for cells in rows} - {""} for index in range(len(header))]
    if named in header:
        place = header.index(named)
        if strange := words[place] - _YES - _NO:
            message = (
                f"the column {named!r} contains {min(strange)[:40]!r}, but should contain Yes or No; export the "
                "file again"
            )
            raise GradebookError(message)
        return place
    return next((index for index, column in enumerate(words) if column and column <= _YES | _NO), None)


def _full_row(table: GradebookTable, row: int, width: int) -> list[str]:
    cells = table.texts(row)
    if len(cells) < width:
        message = f"row {row + 1} has {len(cells)} cells, but the header has {width}; export the file again"
        raise GradebookError(message)
    return cells


def _read_number(text: str) -> float | None:
    """Return a number, written with a point or, as some languages do, with a comma; None if it is none for certain."""
    if _GROUPED.fullmatch(text):
        return float(text.replace("," if text.rfind(",") < text.rfind(".") else ".", "").replace(",", "."))
    return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None
