"""The marks of a course for an assignment: one row a student, as JSON or as a table."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode

from flask import Response
from pydantic import Field

from backmark.grader.model.marks import StudentMark
from backmark.grader.model.records import Scope
from backmark.grader.web.api.course_paths import ASSIGNMENT, CourseAssignmentPath, existing_assignment
from backmark.grader.web.http.nouns import list_model, serve
from backmark.grader.web.http.problems import NOT_ACCEPTABLE, UNKNOWN_ASSIGNMENT, invalid
from backmark.grader.web.http.resource import Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_list
from backmark.grader.web.http.schemas import CSV, Student, Words
from backmark.grader.web.http.tables import TableQuery, wants_table
from backmark.grader.web.usecases.marks import read_marks, spreadsheet

resource = Resource("marks", __name__, description="The marks of a course, computed at each request.")


class MarksQuery(TableQuery):
    """The query of marks."""

    student: Student | None = Field(default=None, description="Only this student.")
    section: Words | None = Field(default=None, description="Only the students of this section.")
    limit: int = Field(default=200, ge=1, le=1000, description="The largest number of students to return.")
    cursor: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]{1,256}$",
        description="The `next` of the previous page, to continue there.",
    )


_MarksResponse = list_model(StudentMark, "A page of marks, by student.", name="MarksResponse", paged=True)


@resource.operation(
    "GET",
    f"{ASSIGNMENT}/marks",
    scope=Scope.ASSIST,
    responses={
        200: ResponseDoc(_MarksResponse, description="A page, or all students as CSV.", paged=True, media_types=(CSV,))
    },
    problems=(UNKNOWN_ASSIGNMENT, NOT_ACCEPTABLE),
)
def read_course_marks(path: CourseAssignmentPath, query: MarksQuery) -> Response:
    """Read the marks of a course: of the roster, and of all who submitted, or have an extension or an override."""
    course, assignment = existing_assignment(path)
    as_table = wants_table(query.format)
    students = read_marks(course, assignment).students
    if query.student is not None:
        students = tuple(row for row in students if row.marking.student == query.student)
    if query.section is not None:
        students = tuple(row for row in students if row.entry and row.entry.section == query.section)
    if as_table:
        return spreadsheet(course, assignment, students)
    after = _read_cursor(query.cursor)
    rows = [row for row in students if row.marking.student > after]
    more = _cursor(rows[query.limit - 1].marking.student) if len(rows) > query.limit else None
    return respond_list(_MarksResponse, (serve(row.mark()) for row in rows[: query.limit]), more)


def _cursor(student: str) -> str:
    """Return the cursor of the page after a student: a name, so that it stays valid while others come and go."""
    return urlsafe_b64encode(student.encode()).decode().rstrip("=")


def _read_cursor(cursor: str | None) -> str:
    try:
        return urlsafe_b64decode((cursor or "") + "=" * (-len(cursor or "") % 4)).decode()
    except (binascii.Error, UnicodeError):
        detail = f"there is no page at {cursor!r}; use the cursor of the previous page"
        raise invalid("cursor", detail, "parameter") from None
