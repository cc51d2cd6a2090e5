"""A course as a whole: the log of staff's acts, everything in it as a file, and its deletion."""

import logging
from contextlib import ExitStack

from flask import Response, stream_with_context
from pydantic import Field

from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.records import Scope
from backmark.grader.web.api.course_export import export
from backmark.grader.web.api.course_paths import CoursePath, visible_course
from backmark.grader.web.http import links
from backmark.grader.web.http.acts import note_act
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.nouns import list_model, serve
from backmark.grader.web.http.problems import BUSY, TRY_AGAIN, Problem, invalid
from backmark.grader.web.http.resource import Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_list, respond_plain
from backmark.grader.web.http.schemas import Name, Query, ResponseModel
from backmark.grader.web.http.service import service

_log = logging.getLogger(__name__)

resource = Resource("courses", __name__, description="A course as a whole: its log, its export, its deletion.")


class AuditQuery(Query):
    """The query of a course's log."""

    limit: int = Field(default=50, ge=1, le=200, description="The largest number of entries to return.")
    cursor: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="Where to continue: the `next` of the page before.",
    )


_AuditResponse = list_model(AuditEntry, "A page of a course's log, newest first.", name="AuditResponse", paged=True)


class CourseDeletionQuery(Query):
    """The confirmation of a deletion."""

    confirm: Name = Field(description="The name of the course once more.")


class CourseDeletionResponse(ResponseModel):
    """The extent of a deletion."""

    deleted: int = Field(description="The number of submissions deleted, with their sources and verdicts.")


@resource.operation(
    "GET",
    "/courses/<course>/audit",
    scope=Scope.STAFF,
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

    The file is written while it is sent. One that is cut off does not open.
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
    """Delete a course with everything in it, its log and its tokens too. `confirm` must repeat its name.

    Tokens with the scope `admin` stay. After a broken connection repeat the request: it deletes what is left.
    """
    course = visible_course(path)
    if query.confirm != course:
        detail = f"{query.confirm} is not the name of the course; repeat {course} to delete everything in it"
        raise invalid("confirm", detail, "parameter")
    return respond_plain(CourseDeletionResponse(deleted=delete_everything(course)))


def delete_everything(course: str) -> int:
    """Delete a course for the caller, and note it in the service's log; return the number of submissions."""
    deleted = service().store.courses.delete(course, links.owner(course))
    # The course's own log is gone.
    _log.warning("the course %s was deleted with %d submissions by %s", course, deleted, caller().author)
    return deleted
