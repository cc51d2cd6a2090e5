"""Overrides: marks that staff gave."""

from flask import Response

from backmark.grader.model.fields import faults
from backmark.grader.model.records import Scope
from backmark.grader.model.terms import Override
from backmark.grader.web.api.course_paths import (
    ASSIGNMENT,
    CourseAssignmentPath,
    CourseStudentPath,
    existing_assignment,
    visible_course,
)
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.nouns import NounRequest, list_model, response_model, serve
from backmark.grader.web.http.problems import NOT_FOUND, UNKNOWN_ASSIGNMENT, Problem, refuse_faults
from backmark.grader.web.http.resource import REMOVED, TAGGED, Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_empty, respond_list, respond_tagged
from backmark.grader.web.service import service
from backmark.grader.web.usecases.marks import read_marking

resource = Resource("overrides", __name__, description="Marks that staff gave.")

_OverridesResponse = list_model(Override, "The overrides of an assignment, by student.")


@resource.operation(
    "GET",
    f"{ASSIGNMENT}/overrides",
    scope=Scope.ASSIST,
    responses={200: ResponseDoc(_OverridesResponse, description="All overrides.")},
)
def list_overrides(path: CourseAssignmentPath) -> Response:
    """List the marks that staff gave for an assignment, by student."""
    overrides = service().store.courses.overrides(visible_course(path), path.assignment)
    return respond_list(_OverridesResponse, map(serve, overrides.values()))


@resource.operation(
    "PUT",
    f"{ASSIGNMENT}/overrides/<student>",
    scope=Scope.ASSIST,
    responses={200: ResponseDoc(response_model(Override), description="The override that was given.", headers=TAGGED)},
    problems=(UNKNOWN_ASSIGNMENT,),
)
def put_override(path: CourseStudentPath, body: NounRequest[Override]) -> Response:
    """Give a student a mark, in place of an earlier override: fixed, or at least so much."""
    course, assignment = existing_assignment(path)
    computed = read_marking(course, assignment, path.student).computed
    override = body.make(student=path.student, author=caller().author, computed=computed)
    refuse_faults(faults(override))
    return respond_tagged(serve(service().store.courses.set_override(course, assignment, override)))


@resource.operation("DELETE", f"{ASSIGNMENT}/overrides/<student>", scope=Scope.ASSIST, responses=REMOVED)
def remove_override(path: CourseStudentPath) -> Response:
    """Remove a student's override: the computed mark counts again."""
    course = visible_course(path)
    if not service().store.courses.remove_override(course, path.assignment, path.student, caller().author):
        raise Problem(NOT_FOUND, f"{path.student} has no override for {path.assignment}")
    return respond_empty()
