"""The marks of a course for an assignment: of all students, of one, and as a table for a spreadsheet."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Response

from backmark.grader.courses.marks import mark_course, mark_student
from backmark.grader.courses.statistics import summarize_marks
from backmark.grader.lti.identity import is_test_student
from backmark.grader.model.marks import Marking, MarkStatistics
from backmark.grader.model.terms import CourseTerms
from backmark.grader.reports.marks_table import HEADER, MarkedStudent, cells
from backmark.grader.web.http.responses import respond_table
from backmark.grader.web.service import note_act, service


@dataclass(frozen=True, slots=True)
class MarksTable:
    """All students of a course with their marks for one assignment, by name, and the rules that made them."""

    students: tuple[MarkedStudent, ...]
    terms: CourseTerms

    @property
    def is_used(self) -> bool:
        """True if anybody handed in for the assignment, or staff set anything."""
        terms = self.terms
        return bool(
            terms.policy
            or terms.extensions
            or terms.overrides
            or any(row.marking.attempts or row.refused for row in self.students)
        )


def read_marks(course: str, assignment: str) -> MarksTable:
    """Return everybody of the roster, and whoever else has handed in or was given something, no staff, no previews."""
    courses, others = service().store.courses, service().store.launches.no_students(course)
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
            if marking.student not in others and not is_test_student(marking.student)
        ),
        terms,
    )


def list_statistics(students: Iterable[MarkedStudent]) -> tuple[MarkStatistics, ...]:
    """Return the statistics of their marks: of all, then by section."""
    return summarize_marks((row.entry, row.marking.share) for row in students)


def read_marking(course: str, assignment: str, student: str) -> Marking:
    """Return the marking of one student."""
    courses = service().store.courses
    attempts, terms = courses.attempts_of(course, assignment, student), courses.terms_of(course, assignment, student)
    return mark_student(student, attempts, terms)


def spreadsheet(course: str, assignment: str, students: Iterable[MarkedStudent]) -> Response:
    """Return students and marks as a file for a spreadsheet; the log says who asked for it."""
    note_act(course, "marks.export", assignment)
    return respond_table(f"marks-{course}-{assignment}", HEADER, map(cells, students))
