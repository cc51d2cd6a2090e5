"""Outages: times in which the service took nothing, which move the times of an assignment."""

from flask import Response

from backmark.grader.courses.checks import outage_faults
from backmark.grader.model.records import Scope
from backmark.grader.model.terms import Outage
from backmark.grader.web.api.course_paths import (
    ASSIGNMENT,
    CourseAssignmentPath,
    existing_assignment,
    visible_course,
)
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.nouns import NounRequest, list_model, response_model, serve
from backmark.grader.web.http.problems import NOT_FOUND, UNKNOWN_ASSIGNMENT, Problem, refuse_faults
from backmark.grader.web.http.resource import CREATED, REMOVED, Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_created, respond_empty, respond_list
from backmark.grader.web.http.schemas import Id
from backmark.grader.web.service import service

resource = Resource("outages", __name__, description="Times in which the service accepted no files.")

_OutagesResponse = list_model(Outage, "The outages that move the times of an assignment, the earliest first.")


class OutagePath(CourseAssignmentPath):
    """The path of an outage."""

    outage_id: Id


@resource.operation(
    "GET",
    f"{ASSIGNMENT}/outages",
    scope=Scope.ASSIST,
    responses={200: ResponseDoc(_OutagesResponse, description="All outages.")},
)
def list_outages(path: CourseAssignmentPath) -> Response:
    """List the outages that move the times of an assignment, the earliest first."""
    outages = service().store.courses.outages(visible_course(path), path.assignment)
    return respond_list(_OutagesResponse, map(serve, outages))


@resource.operation(
    "POST",
    f"{ASSIGNMENT}/outages",
    scope=Scope.STAFF,
    weight="submit",
    responses={201: ResponseDoc(response_model(Outage), description="Added.", headers=CREATED)},
    problems=(UNKNOWN_ASSIGNMENT,),
)
def add_outage(path: CourseAssignmentPath, body: NounRequest[Outage]) -> Response:
    """Add an outage: each due or closing time of the assignment after its start moves by its length, for everybody.

    The time of overlapping outages counts once, so repeating the request moves nothing further.
    """
    course, assignment = existing_assignment(path)
    outage = body.make(author=caller().author)
    refuse_faults(outage_faults(outage))
    added = service().store.courses.add_outage(course, assignment, outage)
    return respond_created(serve(added), f"{path.address}/outages/{added.id}")


@resource.operation("DELETE", f"{ASSIGNMENT}/outages/<outage_id>", scope=Scope.STAFF, responses=REMOVED)
def remove_outage(path: OutagePath) -> Response:
    """Remove an outage: due and closing times move back."""
    course = visible_course(path)
    if not service().store.courses.remove_outage(course, path.assignment, path.outage_id, caller().author):
        raise Problem(NOT_FOUND, f"there is no outage {path.outage_id} of {path.assignment}")
    return respond_empty()
