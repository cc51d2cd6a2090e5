"""The students of a course with their marks for an assignment, one row each, and as a table for spreadsheets."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Response

from backmark.grader.courses.marks import mark_course, mark_student
from backmark.grader.lti.identity import is_test_student
from backmark.grader.model.marks import Marking, StudentMark
from backmark.grader.model.people import RosterEntry
from backmark.grader.model.terms import CourseTerms, Extension
from backmark.grader.reports.spreadsheets import Cell
from backmark.grader.web.acts import note_act
from backmark.grader.web.http.responses import respond_table
from backmark.grader.web.service import service

#: The column names of `cells`. Marks are in per cent of the maximum.
HEADER = (
    *("student", "name", "lms_id", "left_course", "mark", "computed", "before_lateness", "best"),
    *("late_seconds", "late_days", "taken_off", "attempts", "attempts_left", "waiting", "last_attempt"),
    *("override", "override_author", "override_reason", "override_differs"),
    *("extended_due", "extended_close", "extended_attempts", "mistakes", "submission", "refused_files", "section"),
    "override_kind",
)


@dataclass(frozen=True, slots=True)
class MarkedStudent:
    """A student with a mark, or without one yet, and what else staff want to see beside it."""

    marking: Marking
    #: None: the roster does not have the student.
    entry: RosterEntry | None
    extension: Extension | None
    #: The number of files that were refused before they ran; none of them is an attempt.
    refused: int = 0

    @property
    def verified(self) -> bool:
        """False if anybody may have typed the name, on a link for the whole class."""
        return "!" not in self.marking.student

    def mark(self) -> StudentMark:
        """Return it as one record."""
        return StudentMark.of(self.marking, self.entry, self.extension, self.refused)


@dataclass(frozen=True, slots=True)
class MarksTable:
    """All students of a course with their marks for one assignment, by name, and the rules that made them."""

    students: tuple[MarkedStudent, ...]
    terms: CourseTerms


def read_marks(course: str, assignment: str) -> MarksTable:
    """Return everybody of the roster, and whoever else has handed in or was given something, but no Test Student."""
    courses = service().store.courses
    roster, terms, refused = (
        courses.roster(course),
        courses.terms(course, assignment),
        courses.refused(course, assignment),
    )
    markings = mark_course({*roster, *refused}, courses.attempts(course, assignment), terms)
    return MarksTable(
        tuple(
            MarkedStudent(
                marking,
                roster.get(marking.student),
                terms.extensions.get(marking.student),
                refused[marking.student],
            )
            for marking in markings
            if not is_test_student(marking.student)
        ),
        terms,
    )


def read_marking(course: str, assignment: str, student: str) -> Marking:
    """Return the marking of one student."""
    courses = service().store.courses
    attempts, terms = courses.attempts_of(course, assignment, student), courses.terms_of(course, assignment, student)
    return mark_student(student, attempts, terms)


def cells(row: MarkedStudent) -> list[Cell]:
    """Return a row of the table."""
    marking, entry, extension, override = row.marking, row.entry, row.extension, row.marking.override
    return [
        marking.student,
        *((entry.name, entry.lms_id, iso(entry.left)) if entry else (None,) * 3),
        *map(percent, (marking.share, marking.computed, marking.raw, marking.best)),
        *(_digits(marking.lateness, 3), marking.days, percent(marking.penalty), marking.attempts, marking.left),
        *("yes" if marking.pending else "", iso(marking.last)),
        *((percent(override.share), override.author, override.reason) if override else (None,) * 3),
        "yes" if marking.differs else "",
        *((iso(extension.due), iso(extension.closes), extension.attempts) if extension else (None,) * 3),
        *(" ".join(marking.mistakes), marking.submission, row.refused, entry.section if entry else None),
        override.kind if override else None,
    ]


def spreadsheet(course: str, assignment: str, students: Iterable[MarkedStudent]) -> Response:
    """Return students and marks as a file for a spreadsheet; the log says who asked for it."""
    note_act(course, "marks.export", assignment)
    return respond_table(f"marks-{course}-{assignment}", HEADER, map(cells, students))


def percent(share: float | None) -> str | None:
    """Return a share in per cent, with at most two digits after the point."""
    return None if share is None else _digits(100 * share, 2)


def _digits(value: float, most: int) -> str:
    return f"{value:.{most}f}".rstrip("0").rstrip(".")


def iso(seconds: float | None) -> str | None:
    """Return a time as a table has it."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
