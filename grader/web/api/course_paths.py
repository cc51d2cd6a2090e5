"""The addresses within a course, and what they need to be there."""

from collections.abc import Iterable

from backmark.grader.model.fields import FieldFault
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.problems import INVALID, UNKNOWN_ASSIGNMENT, Problem, RequestFault
from backmark.grader.web.http.resource import PREFIX
from backmark.grader.web.http.schemas import Name, RequestModel, Student
from backmark.grader.web.service import service

#: The rule of an assignment in a course.
ASSIGNMENT = "/courses/<course>/assignments/<assignment>"


class CoursePath(RequestModel):
    """The path of a course."""

    course: Name


class CourseAssignmentPath(CoursePath):
    """The path of an assignment in a course."""

    assignment: Name

    @property
    def address(self) -> str:
        """The address of the assignment in the course."""
        return f"{PREFIX}/courses/{self.course}/assignments/{self.assignment}"


class CourseStudentPath(CourseAssignmentPath):
    """The path of what holds for a student in an assignment."""

    student: Student


def visible_course(path: CoursePath) -> str:
    """Return the course of a path. Raises Problem if the caller may not see it."""
    return caller().course(path.course)


def existing_assignment(path: CourseAssignmentPath) -> tuple[str, str]:
    """Return the course and the assignment of a path. Raises Problem unless the caller's course has it."""
    course = visible_course(path)
    if service().store.assignments.current(course, path.assignment) is None:
        raise Problem(UNKNOWN_ASSIGNMENT, f"there is no assignment {path.assignment} in the course {course}")
    return course, path.assignment


def refuse_faults(faults: Iterable[FieldFault]) -> None:
    """Raise Problem if there is any fault."""
    errors = tuple(RequestFault("pointer", f"/{fault.field}", fault.says) for fault in faults)
    if errors:
        raise Problem(INVALID, "; ".join(f"{fault.place}: {fault.detail}" for fault in errors), errors=errors)
