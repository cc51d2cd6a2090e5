"""The roster of a course: read, replaced as a whole, or changed for one student."""

from datetime import datetime
from typing import Annotated

from flask import Response, request
from pydantic import ConfigDict, Field, RootModel

from backmark.grader.courses.roster_csv import LONGEST_CELL, MOST_STUDENTS, BadRoster, read_roster
from backmark.grader.model.courses import RosterEntry
from backmark.grader.model.records import Scope
from backmark.grader.web.api.course_schemas import CoursePath, visible_course
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.problems import NOT_FOUND, UNSUPPORTED_MEDIA_TYPE, Problem, invalid
from backmark.grader.web.http.reading import json_body
from backmark.grader.web.http.resource import TAGGED, Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_empty, respond_page, respond_plain, respond_tagged
from backmark.grader.web.http.schemas import Name, RequestModel, ResponseModel, Student, moment, moment_or_none
from backmark.grader.web.http.service import service

resource = Resource("roster", __name__, description="The students of a course.")

_JSON, _CSV = "application/json", "text/csv"
_Text = Annotated[str, Field(pattern=rf"^[^\x00-\x1f\x7f]{{0,{LONGEST_CELL}}}$")]


class RosterStudentPath(CoursePath):
    """The path of a student in a roster."""

    student: Student


class RosterEntryRequest(RequestModel):
    """A student's entry in the roster, as it is to be."""

    name: _Text = Field(default="", description="The name as staff know it; empty: unknown.")
    lms_id: _Text = Field(
        default="", description="The id by which the LMS's exported files know the student; empty: unknown."
    )


class RosterRowRequest(RosterEntryRequest):
    """A student of a roster."""

    student: Name


class RosterRequest(RequestModel):
    """A whole roster."""

    model_config = ConfigDict(json_schema_extra={"example": {"students": [{"student": "s1024", "name": "Ada"}]}})

    students: list[RosterRowRequest] = Field(min_length=1, description=f"Each student once, {MOST_STUDENTS:,} at most.")


class RosterTable(RootModel[str]):
    """A whole roster as a table."""

    model_config = ConfigDict(json_schema_extra={"example": "student,name,lms_id\ns1024,Ada,17\n"})


class RosterEntryResponse(ResponseModel):
    """A student of a course."""

    student: str
    name: str
    lms_id: str
    source: str = Field(description="Where the entry comes from: csv, lti, staff or api.")
    left_at: datetime | None = Field(description="Since when a whole roster lacks the student; null: is in the course.")
    recorded_at: datetime


class RosterResponse(ResponseModel):
    """The students of a course by name, also those who left."""

    items: list[RosterEntryResponse]
    next: str | None = Field(default=None, description="Always null: the list is complete.")


class RosterChangeResponse(ResponseModel):
    """The number of students whom a roster changed."""

    added: int = Field(description="Students who are new or back.")
    changed: int = Field(description="Students whose name or id is another one.")
    left: int = Field(description="Students whom the roster lacks: they are marked, and nothing of theirs is deleted.")


@resource.operation(
    "GET",
    "/courses/<course>/roster",
    scope=Scope.STAFF,
    responses={200: ResponseDoc(RosterResponse, description="The whole roster.")},
)
def read_course_roster(path: CoursePath) -> Response:
    """Read the roster of a course."""
    entries = service().store.courses.roster(visible_course(path)).values()
    return respond_page(RosterResponse(items=[_render(entry) for entry in entries]), None)


@resource.operation(
    "PUT",
    "/courses/<course>/roster",
    scope=Scope.STAFF,
    weight="submit",
    responses={200: ResponseDoc(RosterChangeResponse, description="Stored, with what it changed.")},
    bodies={_JSON: RosterRequest, _CSV: RosterTable},
)
def put_course_roster(path: CoursePath) -> Response:
    """Store a whole roster, as JSON or as CSV with the columns `student`, `name`, `lms_id`.

    Students missing from it are marked as having left, unless staff added them one by one. Submissions and marks stay.
    """
    course = visible_course(path)
    if request.mimetype == _JSON:
        body, source = json_body(RosterRequest), "api"
        entries = [RosterEntry(row.student, row.name, row.lms_id) for row in body.students]
        _refuse_unusable([entry.student for entry in entries])
    elif request.mimetype == _CSV:
        source = "csv"
        try:
            entries = read_roster(request.get_data(cache=False))
        except BadRoster as error:
            raise invalid("", str(error)) from None
    else:
        raise Problem(UNSUPPORTED_MEDIA_TYPE, f"the body must be {_JSON} or {_CSV}")
    change = service().store.courses.put_roster(course, entries, source, caller().author)
    return respond_plain(RosterChangeResponse(added=change.added, changed=change.changed, left=change.left))


@resource.operation(
    "PUT",
    "/courses/<course>/roster/<student>",
    scope=Scope.STAFF,
    responses={200: ResponseDoc(RosterEntryResponse, description="The entry as it is now.", headers=TAGGED)},
)
def put_roster_entry(path: RosterStudentPath, body: RosterEntryRequest) -> Response:
    """Add one student, or change the entry. Later rosters that lack the student leave them in the course."""
    course, courses = visible_course(path), service().store.courses
    entry = RosterEntry(path.student, body.name, body.lms_id)
    courses.add_student(course, entry, caller().author)
    return respond_tagged(_render(courses.roster(course).get(path.student, entry)))


@resource.operation(
    "DELETE",
    "/courses/<course>/roster/<student>",
    scope=Scope.STAFF,
    responses={204: ResponseDoc(description="Removed.")},
)
def remove_roster_entry(path: RosterStudentPath) -> Response:
    """Remove one entry of the roster, and nothing else of the student's."""
    if not service().store.courses.remove_student(visible_course(path), path.student, caller().author):
        raise Problem(NOT_FOUND, f"the roster of {path.course} has no student {path.student}")
    return respond_empty()


def _render(entry: RosterEntry) -> RosterEntryResponse:
    return RosterEntryResponse(
        student=entry.student,
        name=entry.name,
        lms_id=entry.lms_id,
        source=entry.source,
        left_at=moment_or_none(entry.left),
        recorded_at=moment(entry.recorded),
    )


def _refuse_unusable(students: list[str]) -> None:
    if len(students) > MOST_STUDENTS:
        raise invalid("/students", f"a roster has at most {MOST_STUDENTS:,} students, not {len(students):,}")
    earlier: set[str] = set()
    for place, student in enumerate(students):
        if student in earlier:
            raise invalid(f"/students/{place}/student", f"{student} is there already; each student has one entry")
        earlier.add(student)
