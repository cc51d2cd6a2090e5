"""Courses: made, found, changed and archived; the log of staff's acts, a course as a file, its deletion."""

import logging
from contextlib import ExitStack

from flask import Response, stream_with_context
from pydantic import BaseModel, Field

from backmark.grader.courses.checks import course_faults
from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.course import Course
from backmark.grader.model.records import Scope
from backmark.grader.support.folding import fold
from backmark.grader.web import links
from backmark.grader.web.acts import note_act
from backmark.grader.web.api.course_export import export
from backmark.grader.web.api.course_paths import CoursePath, refuse_faults, visible_course
from backmark.grader.web.http.auth import Caller, caller
from backmark.grader.web.http.nouns import (
    NounChange,
    NounRequest,
    extend_response,
    list_model,
    read_given,
    request_model,
    serve,
)
from backmark.grader.web.http.problems import BUSY, CONFLICT, NOT_FOUND, TRY_AGAIN, Problem, invalid
from backmark.grader.web.http.resource import CREATED, PREFIX, TAGGED, Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_created, respond_list, respond_plain, respond_tagged
from backmark.grader.web.http.schemas import Name, Query, ResponseModel
from backmark.grader.web.service import service

_log = logging.getLogger(__name__)

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
    course, app_services = visible_course(path), service()
    if not app_services.slots.acquire():
        raise Problem(
            BUSY, "the server holds as many open connections as it allows", headers={"Retry-After": str(TRY_AGAIN)}
        )
    with ExitStack() as slot:
        slot.callback(app_services.slots.release)
        note_act(course, "course.export")
        response = Response(stream_with_context(export(app_services.store, course)), mimetype="application/zip")
        # Not in the generator's own cleanup: a generator that never started has none.
        response.call_on_close(slot.pop_all().close)
    response.headers["Content-Disposition"] = f'attachment; filename="course-{course}.zip"'
    response.headers["Cache-Control"] = "no-store"
    return response


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


def delete_everything(course: str) -> int:
    """Delete a course for the caller, and note it in the service's log; return the number of submissions."""
    deleted = service().store.courses.delete(course, links.owner(course))
    # The course's own log is gone.
    _log.warning("the course %s was deleted with %d submissions by %s", course, deleted, caller().author)
    return deleted


def find_courses(viewer: Caller, search: str = "", *, archived: bool = False) -> list[Course]:
    """Return the courses that somebody sees, in use or archived, with this part of a text in id, title or term."""
    store, part = service().store, fold(search.strip())
    if viewer.admin:
        seen = store.course_records.list()
    else:
        own = store.course_records.get(viewer.token.course, named=True)
        seen = [] if own is None else [own]
    now = store.time()
    courses = [course for course in seen if course.is_archived(now) == archived]
    titles = store.course_records.titles(courses) if part else {}
    return [course for course in courses if not part or part in _names(course, titles[course.id])]


def existing_course(name: str) -> Course:
    """Return a course that the caller may see. Raises Problem if nothing is stored of it, and no token names it."""
    own = not caller().admin and name == caller().token.course
    course = service().store.course_records.get(name, named=own)
    if course is None:
        raise _no_course(name)
    return course


def platform_names(course: str) -> list[str]:
    """Return the names of the platforms that a course comes from."""
    store = service().store
    context = store.launches.context(course)
    platform = None if context is None else store.platforms.get(context.platform)
    return [] if platform is None else [platform.name or platform.issuer]


def _serve(course: Course) -> BaseModel:
    titles = service().store.course_records.titles([course])
    return serve(course, _CourseResponse, display_title=titles[course.id], platforms=platform_names(course.id))


def _names(course: Course, title: str) -> str:
    """Return all by which a course may be looked for."""
    return fold(f"{course.id}\n{title}\n{course.term}")


def _no_course(course: str) -> Problem:
    return Problem(NOT_FOUND, f"there is no course {course}")
