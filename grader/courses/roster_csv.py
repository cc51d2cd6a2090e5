"""The roster as a CSV file: a row a student, its columns by name."""

import csv
import io
import re
from typing import TYPE_CHECKING

from backmark.grader.courses.gradebook_table import GradebookError, find_delimiter
from backmark.grader.errors import BackmarkError
from backmark.grader.model.people import LONGEST_NAME, RosterEntry
from backmark.grader.model.records import NAME

if TYPE_CHECKING:
    from _csv import Reader

#: The columns that are read; any other is passed over. Only the first must be there.
COLUMNS = ("student", "name", "lms_id")
#: The most students of a course.
MOST_STUDENTS = 20_000
_STUDENT = re.compile(NAME)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class BadRoster(BackmarkError):
    """A file is no roster; the message says in which line, and what to change."""


def read_roster(data: bytes) -> list[RosterEntry]:
    """Return the students of a CSV file in its order. BadRoster if any row cannot be used."""
    rows = _open(data)
    try:
        return _read_rows(rows)
    except csv.Error as error:
        raise BadRoster(f"Line {rows.line_num}: {error}.") from None


def unread_columns(data: bytes) -> tuple[str, ...]:
    """Return the names of the columns of a roster that `read_roster` passes over."""
    return tuple(name.strip() for name in next(_open(data), []) if name.strip().lower() not in {*COLUMNS, ""})


def _open(data: bytes) -> "Reader":
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRoster(f"The file is not UTF-8 at byte {error.start}; save it as CSV UTF-8.") from None
    try:
        delimiter, start = find_delimiter(text)
    except GradebookError as error:
        raise BadRoster(f"The file cannot be read: {error}.") from None
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    if start:
        next(rows)
    return rows


def _read_rows(rows: "Reader") -> list[RosterEntry]:
    header = [name.strip().lower() for name in next(rows, [])]
    if "student" not in header:
        raise BadRoster("The first line must name the columns, and one must be student; name and lms_id may follow.")
    places = {name: header.index(name) for name in COLUMNS if name in header}
    entries: dict[str, RosterEntry] = {}
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        entry = _read_row({name: row[at].strip() for name, at in places.items() if at < len(row)}, rows.line_num)
        if entry.student in entries:
            raise BadRoster(f"Line {rows.line_num}: {entry.student} is there already; each student has one row.")
        entries[entry.student] = entry
        if len(entries) > MOST_STUDENTS:
            raise BadRoster(f"A roster has at most {MOST_STUDENTS:,} students.")
    if not entries:
        raise BadRoster("The file has no students below its first line.")
    return list(entries.values())


def _read_row(cells: dict[str, str], line: int) -> RosterEntry:
    student = cells.get("student", "")
    if not _STUDENT.fullmatch(student):
        raise BadRoster(
            f"Line {line}: {student!r} is no name of a student: letters, digits and . _ @ + : = ~ - only, 128 at most, "
            "and a letter, a digit or _ first."
        )
    for column in COLUMNS[1:]:
        value = cells.get(column, "")
        if len(value) > LONGEST_NAME or _CONTROL.search(value):
            raise BadRoster(f"Line {line}: {column} must be one line of at most {LONGEST_NAME} characters.")
    return RosterEntry(student, cells.get("name", ""), cells.get("lms_id", ""), source="csv")
