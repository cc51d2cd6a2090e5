"""The marks of a course for an assignment: one row a student, as JSON or as a table."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Literal

from flask import Response, request
from pydantic import Field

from backmark.grader.model.records import Scope
from backmark.grader.web.api.course_schemas import (
    CourseAssignmentPath,
    ExtensionResponse,
    OverrideResponse,
    existing_assignment,
    render_extension,
    render_override,
)
from backmark.grader.web.api.marks_table import MarkedStudent, read_marks, spreadsheet
from backmark.grader.web.http.problems import NOT_ACCEPTABLE, UNKNOWN_ASSIGNMENT, Problem, invalid
from backmark.grader.web.http.resource import Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_page
from backmark.grader.web.http.schemas import Query, ResponseModel, Student, moment_or_none

resource = Resource("marks", __name__, description="The marks of a course, worked out when somebody asks.")

_JSON, _CSV = "application/json", "text/csv"


class MarksQuery(Query):
    """The query of marks."""

    student: Student | None = Field(default=None, description="Only this student.")
    limit: int = Field(default=200, ge=1, le=1000, description="The largest number of students to return.")
    cursor: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]{1,256}$",
        description="Where to continue: the `next` of the page before.",
    )
    format: Literal["json", "csv"] | None = Field(
        default=None, description="The format; by default the one that Accept names. CSV has all students."
    )


class MarkResponse(ResponseModel):
    """A student's mark for an assignment, and how it came about. Marks are shares of the maximum, 0 to 1."""

    student: str
    name: str = Field(description="As the roster has it; empty: unknown.")
    lms_id: str = Field(description="The id by which the LMS's exported files know the student; empty: unknown.")
    in_roster: bool
    left_at: datetime | None = Field(description="Since when the roster lacks the student.")
    verified: bool = Field(description="False if anybody may have typed the name, on a link for the whole class.")
    share: float | None = Field(description="The mark that holds; null: there is none yet.")
    computed: float | None = Field(description="The mark without the override.")
    submission: str | None = Field(description="The attempt that counts.")
    raw: float | None = Field(description="Its mark before lateness.")
    lateness_seconds: float
    late_days: int = Field(description="Started days of 24 hours.")
    penalty: float = Field(description="The share that lateness took.")
    best: float | None = Field(description="The highest mark before lateness.")
    attempts: int
    attempts_left: int | None = Field(description="Null: any number.")
    refused_files: int = Field(description="Files that were refused before they ran; none of them is an attempt.")
    pending: bool = Field(description="True if an attempt waits for its verdict.")
    last_attempt_at: datetime | None
    mistakes: list[str] = Field(
        description="The ids of the mistakes that explain the attempt that counts, or of the rows that its wrong lines"
        " cost."
    )
    override: OverrideResponse | None
    differs: bool = Field(description="True if another mark has been computed since the override was given.")
    extension: ExtensionResponse | None


class MarksResponse(ResponseModel):
    """A page of marks, by student."""

    items: list[MarkResponse]
    next: str | None = Field(description="The cursor of the next page; null if there is none.")


@resource.operation(
    "GET",
    "/courses/<course>/assignments/<assignment>/marks",
    scope=Scope.STAFF,
    responses={
        200: ResponseDoc(
            MarksResponse, description="A page, or all students as CSV.", paged=True, media_types=("text/csv",)
        )
    },
    problems=(UNKNOWN_ASSIGNMENT, NOT_ACCEPTABLE),
)
def read_course_marks(path: CourseAssignmentPath, query: MarksQuery) -> Response:
    """Read the marks of a course: everybody in the roster, and whoever else handed in or was given something."""
    course, assignment = existing_assignment(path)
    as_table = _as_table(query.format)
    students = read_marks(course, assignment).students
    if query.student is not None:
        students = tuple(row for row in students if row.marking.student == query.student)
    if as_table:
        return spreadsheet(course, assignment, students)
    after = _read_cursor(query.cursor)
    rows = [row for row in students if row.marking.student > after]
    more = _cursor(rows[query.limit - 1].marking.student) if len(rows) > query.limit else None
    return respond_page(MarksResponse(items=[_render(row) for row in rows[: query.limit]], next=more), more)


def _render(row: MarkedStudent) -> MarkResponse:
    marking, entry = row.marking, row.entry
    return MarkResponse(
        student=marking.student,
        name="" if entry is None else entry.name,
        lms_id="" if entry is None else entry.lms_id,
        in_roster=entry is not None,
        left_at=None if entry is None else moment_or_none(entry.left),
        verified=row.verified,
        share=marking.share,
        computed=marking.computed,
        submission=marking.submission,
        raw=marking.raw,
        lateness_seconds=marking.lateness,
        late_days=marking.days,
        penalty=marking.penalty,
        best=marking.best,
        attempts=marking.attempts,
        attempts_left=marking.left,
        refused_files=row.refused,
        pending=marking.pending,
        last_attempt_at=moment_or_none(marking.last),
        mistakes=list(marking.mistakes),
        override=None if marking.override is None else render_override(marking.override),
        differs=marking.differs,
        extension=None if row.extension is None else render_extension(row.extension),
    )


def _cursor(student: str) -> str:
    """Return the cursor of the page after a student: a name, so that it stays valid while others come and go."""
    return urlsafe_b64encode(student.encode()).decode().rstrip("=")


def _read_cursor(cursor: str | None) -> str:
    try:
        return urlsafe_b64decode((cursor or "") + "=" * (-len(cursor or "") % 4)).decode()
    except (binascii.Error, UnicodeError):
        detail = f"there is no page at {cursor!r}; use the cursor of the page before"
        raise invalid("cursor", detail, "parameter") from None


def _as_table(format_name: str | None) -> bool:
    if format_name is not None or not request.accept_mimetypes:
        return format_name == "csv"
    best = request.accept_mimetypes.best_match([_JSON, _CSV])
    if best is None:
        raise Problem(NOT_ACCEPTABLE, f"marks are available as {_JSON}, {_CSV}")
    return best == _CSV
