"""The addresses within a course, and what they need to be there."""

from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.resource import PREFIX
from backmark.grader.web.http.schemas import Name, RequestModel, Student
from backmark.grader.web.usecases.assignments import current

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
    current(course, path.assignment)
    return course, path.assignment
