"""Courses: made, found, changed and archived; the log of staff's acts, a course as a file, its deletion."""

from flask import Response
from pydantic import BaseModel, Field

from backmark.grader.courses.checks import course_faults
from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.course import Course
from backmark.grader.model.records import Scope
from backmark.grader.web.api.course_paths import CoursePath, visible_course
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.nouns import (
    NounChange,
    NounRequest,
    extend_response,
    list_model,
    read_given,
    request_model,
    serve,
)
from backmark.grader.web.http.problems import BUSY, CONFLICT, Problem, invalid, refuse_faults
from backmark.grader.web.http.resource import CREATED, PREFIX, TAGGED, Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_created, respond_list, respond_plain, respond_tagged
from backmark.grader.web.http.schemas import Name, Query, ResponseModel
from backmark.grader.web.service import service
from backmark.grader.web.usecases.course_export import send_course
from backmark.grader.web.usecases.courses import (
    _no_course,
    delete_everything,
    existing_course,
    find_courses,
    platform_names,
)

resource = Resource("courses", __name__, description="Courses: settings, log, export, deletion.")

_CourseResponse = extend_response(
    Course,
    "CourseResponse",
    display_title=(str, Field(description="The title, else the title in the LMS, else the id.")),
    platforms=(list[str], Field(description="The names of the platforms (LMS) that the course comes from.")),
)
_CoursesResponse = list_model(_CourseResponse, "A page of courses, by id.", name="CoursesResponse", paged=True)


class NewCourseRequest(request_model(Course)):  # type: ignore[misc] # made at run time
    """A course to make."""

    id: Name = Field(description="The name in addresses, submissions and tokens. It cannot be changed later.")


class CoursesQuery(Query):
    """The query of the list of courses."""

    search: str = Field(default="", max_length=200, description="A part of the id, the title or the term.")
    archived: bool = Field(default=False, description="True: list archived courses only.")
    limit: int = Field(default=50, ge=1, le=200, description="The largest number of courses to return.")
    cursor: str | None = Field(
        default=None, pattern=r"^[0-9]{1,9}$", description="The `next` of the previous page, to continue there."
    )


class AuditQuery(Query):
    """The query of a course's log."""

    limit: int = Field(default=50, ge=1, le=200, description="The largest number of entries to return.")
    cursor: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="The `next` of the previous page, to continue there.",
    )


_AuditResponse = list_model(AuditEntry, "A page of a course's log, newest first.", name="AuditResponse", paged=True)


class CourseDeletionQuery(Query):
    """The confirmation of a deletion."""

    confirm: Name = Field(description="The name of the course, to confirm.")


class CourseDeletionResponse(ResponseModel):
    """The extent of a deletion."""

    deleted: int = Field(description="The number of submissions deleted, with their sources and verdicts.")


@resource.operation(
    "GET",
    "/courses",
    scope=Scope.READ,
    responses={200: ResponseDoc(_CoursesResponse, description="A page, by id.", paged=True)},
)
def list_courses(query: CoursesQuery) -> Response:
    """List the courses that your token sees: its own, or with the scope `admin` all."""
    courses = find_courses(caller(), query.search, archived=query.archived)
    first = int(query.cursor or "0")
    last = first + query.limit
    return respond_list(_CoursesResponse, map(_serve, courses[first:last]), str(last) if len(courses) > last else None)


@resource.operation(
    "POST",
    "/courses",
    scope=Scope.ADMIN,
    weight="submit",
    responses={201: ResponseDoc(_CourseResponse, description="Made.", headers=CREATED)},
    problems=(CONFLICT,),
)
def create_course(body: NewCourseRequest) -> Response:
    """Make a course. Invite its staff by `POST /courses/<course>/invitations`."""
    course = read_given(NounRequest[Course], body).make(id=body.id)
    refuse_faults(course_faults(course))
    made = service().store.course_records.create(course, caller().author)
    if made is None:
        raise Problem(CONFLICT, f"a course {course.id} exists already")
    return respond_created(_serve(made), f"{PREFIX}/courses/{made.id}")


@resource.operation(
    "GET",
    "/courses/<course>",
    scope=Scope.READ,
    responses={200: ResponseDoc(_CourseResponse, description="The course.", headers=TAGGED)},
)
def read_course(path: CoursePath) -> Response:
    """Read a course: its title, its settings, and when it was archived."""
    return respond_tagged(_serve(existing_course(visible_course(path))))


@resource.operation(
    "PATCH",
    "/courses/<course>",
    scope=Scope.STAFF,
    weight="submit",
    responses={200: ResponseDoc(_CourseResponse, description="The course as it is now.", headers=TAGGED)},
)
def change_course(path: CoursePath, body: NounChange[Course]) -> Response:
    """Change fields of a course; fields that the request leaves out stay.

    A time in `archived` archives the course; null brings it back.
    """
    course = existing_course(visible_course(path))
    refuse_faults(course_faults(body.apply(course)))
    changed = service().store.course_records.change(course.id, body.apply, caller().author)
    if changed is None:
        raise _no_course(course.id)
    return respond_tagged(_serve(changed))


@resource.operation(
    "GET",
    "/courses/<course>/audit",
    scope=Scope.ASSIST,
    responses={200: ResponseDoc(_AuditResponse, description="A page, newest first.", paged=True)},
)
def list_audit(path: CoursePath, query: AuditQuery) -> Response:
    """List the acts of staff: who set, published, regraded, exported, cancelled or deleted what, and when."""
    page = service().store.courses.audit(visible_course(path), query.limit, query.cursor)
    return respond_list(_AuditResponse, map(serve, page.items), page.next_cursor)


@resource.operation(
    "GET",
    "/courses/<course>/export",
    scope=Scope.STAFF,
    weight="submit",
    responses={200: ResponseDoc(description="A zip file.", media_types=("application/zip",))},
    problems=(BUSY,),
)
def export_course(path: CoursePath) -> Response:
    """Export a course: policies, extensions, outages, overrides, roster, log, marks, submissions with source, verdict.

    The file is written while it is sent. A file that was cut off does not open.
    """
    return send_course(visible_course(path))


@resource.operation(
    "DELETE",
    "/courses/<course>",
    scope=Scope.ADMIN,
    responses={200: ResponseDoc(CourseDeletionResponse, description="Everything in the course is deleted.")},
)
def delete_course(path: CoursePath, query: CourseDeletionQuery) -> Response:
    """Delete a course with everything in it, including its log and tokens. `confirm` must repeat its name.

    Tokens with the scope `admin` stay. After a broken connection, repeat the request to delete the rest.
    """
    course = visible_course(path)
    if query.confirm != course:
        detail = f"{query.confirm} is not the name of the course; to delete everything in it, repeat {course}"
        raise invalid("confirm", detail, "parameter")
    return respond_plain(CourseDeletionResponse(deleted=delete_everything(course)))


def _serve(course: Course) -> BaseModel:
    titles = service().store.course_records.titles([course])
    return serve(course, _CourseResponse, display_title=titles[course.id], platforms=platform_names(course.id))
