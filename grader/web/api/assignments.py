"""Assignments and their revisions: the resources of a course."""

from typing import NoReturn

from flask import Response
from pydantic import BaseModel, Field

from backmark.grader.model.publications import Assignment, Revision, RevisionRecord
from backmark.grader.model.records import Scope
from backmark.grader.model.views import hidden_fields
from backmark.grader.web.http.auth import caller, require_scope
from backmark.grader.web.http.nouns import list_model, response_model, serve
from backmark.grader.web.http.problems import UNKNOWN_ASSIGNMENT, Problem
from backmark.grader.web.http.resource import TAGGED, Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_list, respond_tagged
from backmark.grader.web.http.schemas import CourseQuery, Id, Name, RequestModel
from backmark.grader.web.service import service
from backmark.grader.web.usecases.assignments import _EVERYONE, find_assignments, read_visible_settings, respond_kit

resource = Resource("assignments", __name__, description="Assignments, and the cases that submissions are graded on.")


_AssignmentsResponse = list_model(Assignment, "The assignments of a course.")
_RevisionsResponse = list_model(Revision, "The revisions of an assignment, newest first.")


class AssignmentPath(RequestModel):
    """The path of an assignment."""

    assignment_id: Name


class RevisionPath(AssignmentPath):
    """The path of a revision."""

    revision_id: Id


class KitQuery(CourseQuery):
    """The choice of a revision's kit."""

    solution: bool = Field(
        default=False, description="True for the kit with the solution. Anyone who has that kit can read the solution."
    )


@resource.operation(
    "GET",
    "/assignments",
    scope=Scope.READ,
    responses={200: ResponseDoc(_AssignmentsResponse, description="All assignments that the course may use.")},
)
def list_assignments(query: CourseQuery) -> Response:
    """List the assignments of a course in its order, including those that ship with Backmark.

    Those that the course hides come last, and only for a token with the scope `assist`.
    """
    course = caller().course(query.course)
    shown, hidden = find_assignments(course)
    listed = [_serve_assignment(revision) for revision in shown]
    if caller().token.allows(Scope.ASSIST):
        listed += [_serve_assignment(revision, hidden=True) for revision in hidden]
    return respond_list(_AssignmentsResponse, listed)


@resource.operation(
    "GET",
    "/assignments/<assignment_id>",
    scope=Scope.READ,
    responses={200: ResponseDoc(response_model(Assignment), description="The assignment.", headers=TAGGED)},
    problems=(UNKNOWN_ASSIGNMENT,),
)
def read_assignment(path: AssignmentPath, query: CourseQuery) -> Response:
    """Read an assignment."""
    course = caller().course(query.course)
    revision = service().store.assignments.current(course, path.assignment_id)
    hidden = path.assignment_id in service().store.course_records.settings(course).hidden_assignments
    return respond_tagged(_serve_assignment(revision or _raise_unknown(path.assignment_id), hidden=hidden))


@resource.operation(
    "GET",
    "/assignments/<assignment_id>/revisions",
    scope=Scope.READ,
    responses={200: ResponseDoc(_RevisionsResponse, description="All revisions, newest first.")},
    problems=(UNKNOWN_ASSIGNMENT,),
)
def list_revisions(path: AssignmentPath, query: CourseQuery) -> Response:
    """List the revisions of an assignment."""
    revisions = service().store.assignments.revisions(caller().course(query.course), path.assignment_id)
    if not revisions:
        _raise_unknown(path.assignment_id)
    return respond_list(_RevisionsResponse, map(_serve, revisions))


@resource.operation(
    "GET",
    "/assignments/<assignment_id>/revisions/<revision_id>",
    scope=Scope.READ,
    responses={200: ResponseDoc(response_model(Revision), description="The revision.", headers=TAGGED)},
    problems=(UNKNOWN_ASSIGNMENT,),
)
def read_revision(path: RevisionPath, query: CourseQuery) -> Response:
    """Read a revision."""
    return respond_tagged(_serve(_find_revision(path, query)))


@resource.operation(
    "GET",
    "/assignments/<assignment_id>/revisions/<revision_id>/kit",
    scope=Scope.ASSIST,
    responses={200: ResponseDoc(description="The kit.", media_types=("application/zip",), headers=TAGGED)},
    problems=(UNKNOWN_ASSIGNMENT,),
)
def read_kit(path: RevisionPath, query: KitQuery) -> Response:
    """Download a revision's kit, with which students check in their notebooks.

    The kit holds the revision's own cases with every expected number, never the fresh ones, and the solution only if
    `solution` is true, which needs the scope `staff`. If the revision has no such kit, the answer is 404, and the
    detail says why.
    """
    if query.solution:
        require_scope(Scope.STAFF)
    return respond_kit(_find_revision(path, query), with_solution=query.solution)


def _find_revision(path: RevisionPath, query: CourseQuery) -> RevisionRecord:
    revision = service().store.assignments.get(caller().course(query.course), path.revision_id)
    if revision is None or revision.assignment_id != path.assignment_id:
        _raise_unknown(f"{path.assignment_id} with the revision {path.revision_id}")
    return revision


def _serve_assignment(current: RevisionRecord, *, hidden: bool = False) -> BaseModel:
    answer = response_model(Assignment)
    return answer.model_construct(
        id=current.assignment_id, title=current.title, hidden=hidden, revision=_serve(current)
    )


def _serve(revision: RevisionRecord) -> BaseModel:
    return serve(_revision(revision), hidden=hidden_fields(Revision, caller().token.allows))


def _revision(revision: RevisionRecord) -> Revision:
    """Return a revision as the caller may see it."""
    shipped = revision.course == _EVERYONE
    return Revision(
        id=revision.id,
        assignment=revision.assignment_id,
        title=revision.title,
        networks_sha256=revision.networks_sha256,
        published=None if shipped else revision.published,
        fresh=revision.fresh,
        settings=read_visible_settings(revision, caller()),
        shipped=shipped,
        catches=None if shipped else dict(revision.catches),
    )


def _raise_unknown(name: str) -> NoReturn:
    raise Problem(UNKNOWN_ASSIGNMENT, f"there is no assignment {name} in this course")
