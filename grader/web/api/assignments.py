"""Assignments and their revisions, as a course may use them."""

from datetime import datetime
from typing import Any, NoReturn

from flask import Response
from pydantic import Field

from grader.model import stored
from grader.model.records import Revision, Scope
from grader.reports.disclosure import announced
from grader.web.http import responses as answers
from grader.web.http.auth import Caller, caller
from grader.web.http.problems import UNKNOWN_ASSIGNMENT, Problem
from grader.web.http.resource import TAGGED, Answer, Noun
from grader.web.http.schemas import Asked, CourseQuery, Id, Name, Told, moment
from grader.web.http.service import service

noun = Noun("assignments", __name__, says="What is asked of students, and the networks that it is judged on.")

#: As the store names the course of what ships with Backmark.
_EVERYONE = "*"


class RevisionTold(Told):
    """An assignment with its networks: what a verdict is about."""

    id: str = Field(description="A hash over the assignment and its networks.")
    assignment: str
    title: str
    shipped: bool = Field(description="Whether it comes with Backmark, and is not the course's own.")
    published_at: datetime | None = Field(description="Null for what is shipped.")
    networks_sha256: str
    fresh: int = Field(
        description="Networks from a secret pool, others for each group of students; 0: all are graded on the same."
    )
    settings: dict[str, Any] = Field(
        description="The assignment's settings; unless staff, without what its feedback does not show."
    )
    catches: dict[str, int] | None = Field(
        description="How many networks see each known mistake; null unless staff, and for what is shipped."
    )


class AssignmentTold(Told):
    """An assignment, and the revision that submissions are graded against now."""

    id: str
    title: str
    revision: RevisionTold


class AssignmentsTold(Told):
    """The assignments of a course."""

    items: list[AssignmentTold]
    next: str | None = Field(default=None, description="Always null: they are all here.")


class RevisionsTold(Told):
    """The revisions of an assignment, newest first."""

    items: list[RevisionTold]
    next: str | None = Field(default=None, description="Always null: they are all here.")


class AssignmentPath(Asked):
    """Which assignment."""

    assignment_id: Name


class RevisionPath(AssignmentPath):
    """Which revision."""

    revision_id: Id


@noun.operation(
    "GET",
    "/assignments",
    scope=Scope.READ,
    answers={200: Answer(AssignmentsTold, says="All that a course may use.")},
)
def list_assignments(query: CourseQuery) -> Response:
    """List the assignments of a course, with those that ship with Backmark."""
    found = service().store.assignments.list(caller().course(query.course))
    return answers.page(AssignmentsTold(items=[_assignment(each) for each in found]), None)


@noun.operation(
    "GET",
    "/assignments/<assignment_id>",
    scope=Scope.READ,
    answers={200: Answer(AssignmentTold, says="The assignment.", headers=TAGGED)},
    problems=(UNKNOWN_ASSIGNMENT,),
)
def read_assignment(path: AssignmentPath, query: CourseQuery) -> Response:
    """Read an assignment."""
    course = caller().course(query.course)
    found = service().store.assignments.current(course, path.assignment_id)
    return answers.thing(_assignment(found or _unknown(path.assignment_id)))


@noun.operation(
    "GET",
    "/assignments/<assignment_id>/revisions",
    scope=Scope.READ,
    answers={200: Answer(RevisionsTold, says="All of its revisions, newest first.")},
    problems=(UNKNOWN_ASSIGNMENT,),
)
def list_revisions(path: AssignmentPath, query: CourseQuery) -> Response:
    """List the revisions of an assignment."""
    found = service().store.assignments.revisions(caller().course(query.course), path.assignment_id)
    if not found:
        _unknown(path.assignment_id)
    return answers.page(RevisionsTold(items=[_revision(each, caller()) for each in found]), None)


@noun.operation(
    "GET",
    "/assignments/<assignment_id>/revisions/<revision_id>",
    scope=Scope.READ,
    answers={200: Answer(RevisionTold, says="The revision.", headers=TAGGED)},
    problems=(UNKNOWN_ASSIGNMENT,),
)
def read_revision(path: RevisionPath, query: CourseQuery) -> Response:
    """Read a revision."""
    found = service().store.assignments.get(caller().course(query.course), path.revision_id)
    if found is None or found.assignment_id != path.assignment_id:
        _unknown(f"{path.assignment_id} with the revision {path.revision_id}")
    return answers.thing(_revision(found, caller()))


def _assignment(current: Revision) -> AssignmentTold:
    return AssignmentTold(id=current.assignment_id, title=current.title, revision=_revision(current, caller()))


def _revision(found: Revision, asking: Caller) -> RevisionTold:
    shipped, settings = found.course == _EVERYONE, stored.settings(found.assignment)
    return RevisionTold(
        id=found.id,
        assignment=found.assignment_id,
        title=found.title,
        shipped=shipped,
        published_at=None if shipped else moment(found.published),
        networks_sha256=found.networks_sha256,
        fresh=found.fresh,
        settings=settings if asking.staff else announced(settings),
        catches=dict(found.catches) if asking.staff and not shipped else None,
    )


def _unknown(name: str) -> NoReturn:
    raise Problem(UNKNOWN_ASSIGNMENT, f"there is no assignment {name} in this course")
