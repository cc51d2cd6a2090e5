"""The roster of a course: read, replaced as a whole, or changed for one student."""

from flask import Response, request
from pydantic import ConfigDict, Field, RootModel

from backmark.grader.courses.student_tables import MOST_STUDENTS, BadTable, read_roster
from backmark.grader.model.people import RosterChange, RosterEntry
from backmark.grader.model.records import Scope
from backmark.grader.web.api.course_paths import CoursePath, visible_course
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.nouns import NounRequest, list_model, list_request, response_model, serve
from backmark.grader.web.http.problems import NOT_FOUND, UNSUPPORTED_MEDIA_TYPE, Problem, invalid
from backmark.grader.web.http.reading import json_body
from backmark.grader.web.http.resource import REMOVED, TAGGED, Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_empty, respond_list, respond_plain, respond_tagged
from backmark.grader.web.http.schemas import CSV, JSON, Name, Student
from backmark.grader.web.service import service

resource = Resource("roster", __name__, description="The students of a course.")


class RosterStudentPath(CoursePath):
    """The path of a student in a roster."""

    student: Student


_RosterRequest = list_request(
    RosterEntry,
    "RosterRequest",
    "A whole roster.",
    members={"student": Name},
    students=Field(
        min_length=1,
        description=f"Each student once, {MOST_STUDENTS:,} at most.",
        examples=[[{"student": "s1024", "name": "Ada"}]],
    ),
)


class RosterTable(RootModel[str]):
    """A whole roster as a table."""

    model_config = ConfigDict(json_schema_extra={"example": "student,name,lms_id\ns1024,Ada,17\n"})


_RosterResponse = list_model(
    RosterEntry, "The students of a course by name, including those who left.", name="RosterResponse"
)


@resource.operation(
    "GET",
    "/courses/<course>/roster",
    scope=Scope.ASSIST,
    responses={200: ResponseDoc(_RosterResponse, description="The whole roster.")},
)
def read_course_roster(path: CoursePath) -> Response:
    """Read the roster of a course."""
    entries = service().store.courses.roster(visible_course(path))
    return respond_list(_RosterResponse, map(serve, entries.values()))


@resource.operation(
    "PUT",
    "/courses/<course>/roster",
    scope=Scope.STAFF,
    weight="submit",
    responses={200: ResponseDoc(response_model(RosterChange), description="Stored, with what it changed.")},
    bodies={JSON: _RosterRequest, CSV: RosterTable},
)
def put_course_roster(path: CoursePath) -> Response:
    """Store a whole roster, as JSON or as CSV with the columns `student`, `name`, `lms_id`, `section`.

    Students missing from the new roster are marked as having left, unless staff added them one by one. Submissions
    and marks stay.
    """
    course = visible_course(path)
    if request.mimetype == JSON:
        rows, source = json_body(_RosterRequest).model_dump()["students"], "api"
        entries = [RosterEntry(**row) for row in rows]
        _refuse_unusable([entry.student for entry in entries])
    elif request.mimetype == CSV:
        source = "csv"
        try:
            entries = read_roster(request.get_data(cache=False))
        except BadTable as error:
            raise invalid("", str(error)) from None
    else:
        raise Problem(UNSUPPORTED_MEDIA_TYPE, f"the body must be {JSON} or {CSV}")
    change = service().store.courses.put_roster(course, entries, source, caller().author)
    return respond_plain(serve(change))


@resource.operation(
    "PUT",
    "/courses/<course>/roster/<student>",
    scope=Scope.STAFF,
    responses={200: ResponseDoc(response_model(RosterEntry), description="The entry that was stored.", headers=TAGGED)},
)
def put_roster_entry(path: RosterStudentPath, body: NounRequest[RosterEntry]) -> Response:
    """Add one student, or change the entry. The student stays in the course even if a later roster lacks them."""
    course, courses = visible_course(path), service().store.courses
    entry = body.make(student=path.student)
    courses.add_student(course, entry, caller().author)
    return respond_tagged(serve(courses.roster(course).get(path.student, entry)))


@resource.operation(
    "DELETE",
    "/courses/<course>/roster/<student>",
    scope=Scope.STAFF,
    responses=REMOVED,
)
def remove_roster_entry(path: RosterStudentPath) -> Response:
    """Remove one entry of the roster, and nothing else of the student's."""
    if not service().store.courses.remove_student(visible_course(path), path.student, caller().author):
        raise Problem(NOT_FOUND, f"the roster of {path.course} has no student {path.student}")
    return respond_empty()


def _refuse_unusable(students: list[str]) -> None:
    if len(students) > MOST_STUDENTS:
        raise invalid("/students", f"a roster has at most {MOST_STUDENTS:,} students, not {len(students):,}")
    earlier: set[str] = set()
    for place, student in enumerate(students):
        if student in earlier:
            raise invalid(f"/students/{place}/student", f"{student} is in the roster twice; list each student once")
        earlier.add(student)
