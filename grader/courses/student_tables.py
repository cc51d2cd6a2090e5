"""Tables of students as CSV files, a row a student, their columns by name: a roster, extensions."""

import csv
import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from backmark.grader.courses.gradebook_table import GradebookError, find_delimiter
from backmark.grader.courses.times import read_time
from backmark.grader.errors import BackmarkError
from backmark.grader.model.fields import noun_fields
from backmark.grader.model.people import RosterEntry
from backmark.grader.model.records import NAME, NAME_IN_WORDS
from backmark.grader.model.terms import Extension

if TYPE_CHECKING:
    from _csv import Reader

Row = TypeVar("Row", RosterEntry, Extension)
Cells = dict[str, str]

#: The columns that are read; any other is passed over. Only `student` must be there.
ROSTER = ("student", "name", "lms_id", "section")
EXTENSIONS = ("student", "due", "closes", "attempts", "reason")
#: The most students of a course.
MOST_STUDENTS = 20_000
_STUDENT = re.compile(NAME)
#: Digits of a number of attempts.
_DIGITS = 5


class BadTable(BackmarkError):
    """A file is no table of students; the message says in which line, and what to change."""


def read_roster(data: bytes) -> list[RosterEntry]:
    """Return the students of a CSV file in its order. BadTable if any row cannot be used."""
    return _read(data, ROSTER, _read_entry)


def read_extensions(data: bytes, author: str, *, reason: str = "", zone: str = "") -> list[Extension]:
    """Return the extensions of a CSV file in its order. BadTable if any row cannot be used.

    Times without an offset are local to `zone`; a row without a reason has this one.
    """

    def read(cells: Cells) -> Extension:
        due, closes = (read_time(cells[column], zone) if cells.get(column) else None for column in ("due", "closes"))
        why = cells.get("reason") or reason
        return Extension(cells["student"], due, closes, _read_attempts(cells.get("attempts", "")), author, why)

    return _read(data, EXTENSIONS, read)


def unread_columns(data: bytes) -> tuple[str, ...]:
    """Return the names of the columns of a roster that `read_roster` passes over."""
    return tuple(name.strip() for name in next(_open(data), []) if name.strip().lower() not in {*ROSTER, ""})


def _read(data: bytes, columns: tuple[str, ...], read: Callable[[Cells], Row]) -> list[Row]:
    rows = _open(data)
    try:
        return _read_rows(rows, columns, read)
    except csv.Error as error:
        raise BadTable(f"Line {rows.line_num}: {error}.") from None


def _open(data: bytes) -> "Reader":
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadTable(f"The file is not UTF-8 at byte {error.start}; save it as CSV UTF-8.") from None
    try:
        delimiter, start = find_delimiter(text)
    except GradebookError as error:
        raise BadTable(f"The file cannot be read: {error}.") from None
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    if start:
        next(rows)
    return rows


def _read_rows(rows: "Reader", columns: tuple[str, ...], read: Callable[[Cells], Row]) -> list[Row]:
    header = [name.strip().lower() for name in next(rows, [])]
    if "student" not in header:
        others = ", ".join(columns[1:-1])
        raise BadTable(
            f"The first line must name the columns: student, and {others} and {columns[-1]} if you have them."
        )
    places = {name: header.index(name) for name in columns if name in header}
    students: dict[str, Row] = {}
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        cells = {name: row[at].strip() for name, at in places.items() if at < len(row)}
        student = _check_student(cells, rows.line_num)
        if student in students:
            raise BadTable(f"Line {rows.line_num}: {student} is in the file twice; list each student once.")
        try:
            students[student] = _check(read(cells), columns)
        except ValueError as error:
            raise BadTable(f"Line {rows.line_num}: {error}") from None
        if len(students) > MOST_STUDENTS:
            raise BadTable(f"The file has more than {MOST_STUDENTS:,} students.")
    if not students:
        raise BadTable("The file names no student below its first line.")
    return list(students.values())


def _check_student(cells: Cells, line: int) -> str:
    student = cells.get("student", "")
    if not _STUDENT.fullmatch(student):
        raise BadTable(
            f"Line {line}: {student!r} is not a valid student id: use {NAME_IN_WORDS}, "
            "and begin with a letter, a digit or _."
        )
    return student


def _check(row: Row, columns: tuple[str, ...]) -> Row:
    """Return a row whose values are within their bounds; else ValueError says what is wrong."""
    kind: type = type(row)
    for column in columns[1:]:
        if says := noun_fields(kind)[column].fault(getattr(row, column)):
            raise ValueError(says)
    return row


def _read_entry(cells: Cells) -> RosterEntry:
    # A file that has no such column says nothing about sections.
    section = cells.get("section")
    return RosterEntry(cells["student"], cells.get("name", ""), cells.get("lms_id", ""), section, source="csv")


def _read_attempts(text: str) -> int | None:
    if text and not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise ValueError(f'"{text}" is not a number of attempts.')
    return int(text) if text else None
