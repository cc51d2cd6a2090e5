"""The gradebook of a course, of the marks of each assignment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from backmark.grader.courses.limits import limits_of
from backmark.grader.courses.marks import mark_student
from backmark.grader.courses.statistics import summarize_marks
from backmark.grader.model.gradebook import Gradebook, GradebookAssignment, GradebookMark, GradebookStudent
from backmark.grader.model.marks import Marking
from backmark.grader.model.people import RosterEntry
from backmark.grader.model.terms import CourseTerms, Terms


@dataclass(frozen=True, slots=True)
class AssignmentMarks:
    """The markings of an assignment by student, with the rules that made them, and the files that were refused."""

    assignment: str
    title: str
    terms: CourseTerms
    markings: Mapping[str, Marking]
    refused: Mapping[str, int]


def make_gradebook(assignments: Sequence[AssignmentMarks], roster: Mapping[str, RosterEntry], now: float) -> Gradebook:
    """Return the gradebook of all students who have a marking for any assignment."""
    names = sorted({student for each in assignments for student in each.markings})
    students = tuple(_student(student, roster.get(student), assignments, now) for student in names)
    return Gradebook(
        tuple(_assignment(place, each, students, roster) for place, each in enumerate(assignments)),
        students,
        summarize_marks((roster.get(row.student), row.mean) for row in students),
    )


def _assignment(
    place: int, each: AssignmentMarks, students: Iterable[GradebookStudent], roster: Mapping[str, RosterEntry]
) -> GradebookAssignment:
    marks = [(roster.get(row.student), row.marks[place]) for row in students]
    return GradebookAssignment(
        each.assignment,
        each.title,
        limits_of(each.terms.of("")).due,
        sum(mark.missing for _, mark in marks),
        summarize_marks((entry, mark.share) for entry, mark in marks),
    )


def _student(
    student: str, entry: RosterEntry | None, assignments: Iterable[AssignmentMarks], now: float
) -> GradebookStudent:
    left, verified = entry.left if entry else None, "!" not in student
    is_there = left is None and verified
    marks = tuple(_mark(student, each, now, is_there=is_there) for each in assignments)
    counted = [mark.share or 0.0 for mark in marks if mark.share is not None or mark.missing]
    return GradebookStudent(
        student,
        marks,
        name=entry.name if entry else "",
        lms_id=entry.lms_id if entry else "",
        section=entry.section if entry else None,
        in_roster=entry is not None,
        left=left,
        verified=verified,
        mean=fmean(counted) if counted else None,
        missing=sum(mark.missing for mark in marks),
    )


def _mark(student: str, each: AssignmentMarks, now: float, *, is_there: bool) -> GradebookMark:
    terms = each.terms.of(student)
    marking = each.markings.get(student) or mark_student(student, (), terms)
    return GradebookMark(
        each.assignment,
        marking.share,
        marking.attempts,
        each.refused.get(student, 0),
        marking.days,
        marking.overridden,
        marking.pending,
        is_there and marking.share is None and not marking.attempts and _is_due(terms, now),
    )


def _is_due(terms: Terms, now: float) -> bool:
    """Return True if the work should be there: not before an assignment opens, nor before it is due or else closes."""
    own = limits_of(terms)
    until = own.closes if own.due is None else own.due
    return (own.opens is None or own.opens <= now) and (until is None or until <= now)
