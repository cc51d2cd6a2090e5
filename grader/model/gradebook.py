"""The gradebook of a course: the marks of its students for each of its assignments, and what is missing."""

from dataclasses import dataclass
from typing import Annotated

from backmark.grader.model.fields import Doc, Unit
from backmark.grader.model.marks import MarkStatistics


@dataclass(frozen=True, slots=True)
class GradebookAssignment:
    """An assignment of a gradebook."""

    assignment: str
    title: str
    due: Annotated[float | None, Doc("When it is due for students without an extension.", none="never", unit=Unit.TIME)]
    missing: Annotated[int, Doc("Students of whom it is missing.")]
    statistics: Annotated[tuple[MarkStatistics, ...], Doc("Of the whole class, then of each section if there are any.")]


@dataclass(frozen=True, slots=True)
class GradebookMark:
    """A student's mark in a gradebook. A mark is a part of the maximum, 0 to 1."""

    assignment: str
    share: Annotated[float | None, Doc("The mark in force.", none="there is none yet")] = None
    attempts: int = 0
    refused_files: Annotated[int, Doc("Files that were refused before they ran; none of them is an attempt.")] = 0
    late_days: Annotated[int, Doc("Lateness in started days of 24 hours.")] = 0
    overridden: Annotated[bool, Doc("True if the mark is one that staff set.")] = False
    pending: Annotated[bool, Doc("True if an attempt waits for its verdict.")] = False
    missing: Annotated[
        bool,
        Doc(
            "True if the student is in the course, and has neither an attempt nor a mark, though the assignment is open"
            " and its due time for the student, if there is one, has passed."
        ),
    ] = False


@dataclass(frozen=True, slots=True)
class GradebookStudent:
    """A student of a gradebook."""

    student: str
    marks: Annotated[tuple[GradebookMark, ...], Doc("One for each assignment, in the order of these.")]
    name: Annotated[str, Doc("The student's name in the roster.", none="unknown")] = ""
    lms_id: Annotated[str, Doc("The id by which the LMS's exported files know the student.", none="unknown")] = ""
    section: Annotated[str | None, Doc("The section of the course.", none="none")] = None
    in_roster: bool = False
    left: Annotated[float | None, Doc("When the student left the roster.", unit=Unit.TIME, json="left_at")] = None
    verified: Annotated[
        bool, Doc("False if the name was typed on a link for the whole class, where nobody checks it.")
    ] = True
    mean: Annotated[
        float | None,
        Doc("The mean of the marks; what is missing counts as 0.", none="there are none, and none missing"),
    ] = None
    missing: Annotated[int, Doc("The number of assignments that are missing.")] = 0


@dataclass(frozen=True, slots=True)
class Gradebook:
    """The marks of a course: students by assignments, with statistics."""

    assignments: Annotated[
        tuple[GradebookAssignment, ...],
        Doc("In the order of the course, without hidden ones and those of which nothing is recorded."),
    ]
    students: Annotated[tuple[GradebookStudent, ...], Doc("By name in submissions.")]
    statistics: Annotated[
        tuple[MarkStatistics, ...],
        Doc("Of the students' means: of the whole class, then of each section if there are any."),
    ]
