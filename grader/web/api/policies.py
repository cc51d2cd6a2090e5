"""Policies, extensions, outages and overrides of an assignment in a course."""

from flask import Response

from backmark.grader.courses.checks import extension_faults, outage_faults, override_faults, policy_faults
from backmark.grader.model.courses import Override, Policy
from backmark.grader.model.records import Scope
from backmark.grader.web.api.course_schemas import (
    CourseAssignmentPath,
    CourseStudentPath,
    ExtensionRequest,
    ExtensionResponse,
    ExtensionsResponse,
    OutageRequest,
    OutageResponse,
    OutagesResponse,
    OverrideRequest,
    OverrideResponse,
    OverridesResponse,
    PolicyRequest,
    PolicyResponse,
    existing_assignment,
    refuse_faults,
    render_extension,
    render_outage,
    render_override,
    render_policy,
    visible_course,
)
from backmark.grader.web.api.marks_table import read_marking
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.problems import NOT_FOUND, UNKNOWN_ASSIGNMENT, Problem
from backmark.grader.web.http.resource import CREATED, PREFIX, TAGGED, Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_created, respond_empty, respond_page, respond_tagged
from backmark.grader.web.http.schemas import Id
from backmark.grader.web.http.service import service

resource = Resource(
    "policies", __name__, description="The rules of time of an assignment, and what staff decided for single students."
)
_AT = "/courses/<course>/assignments/<assignment>"
_REMOVED = {204: ResponseDoc(description="Removed.")}


class OutagePath(CourseAssignmentPath):
    """The path of an outage."""

    outage_id: Id


@resource.operation(
    "GET",
    f"{_AT}/policy",
    scope=Scope.READ,
    responses={200: ResponseDoc(PolicyResponse, description="The policy.", headers=TAGGED)},
)
def read_policy(path: CourseAssignmentPath) -> Response:
    """Read the policy of an assignment; 404 if there is none: then nothing is late and the best attempt counts."""
    course = visible_course(path)
    policy = service().store.courses.policy(course, path.assignment)
    if policy is None:
        raise _no_policy(path)
    return respond_tagged(render_policy(course, path.assignment, policy))


@resource.operation(
    "PUT",
    f"{_AT}/policy",
    scope=Scope.STAFF,
    responses={200: ResponseDoc(PolicyResponse, description="The policy as it holds now.", headers=TAGGED)},
    problems=(UNKNOWN_ASSIGNMENT,),
)
def put_policy(path: CourseAssignmentPath, body: PolicyRequest) -> Response:
    """Set the policy of an assignment, in place of the one before. All marks follow it at once."""
    course, assignment = existing_assignment(path)
    policy = body.policy()
    refuse_faults(policy_faults(policy))
    service().store.courses.set_policy(course, assignment, policy, caller().author)
    return respond_tagged(render_policy(course, assignment, policy))


@resource.operation("DELETE", f"{_AT}/policy", scope=Scope.STAFF, responses=_REMOVED)
def remove_policy(path: CourseAssignmentPath) -> Response:
    """Remove the policy of an assignment. Extensions, outages and overrides stay."""
    if not service().store.courses.remove_policy(visible_course(path), path.assignment, caller().author):
        raise _no_policy(path)
    return respond_empty()


@resource.operation(
    "GET",
    f"{_AT}/extensions",
    scope=Scope.STAFF,
    responses={200: ResponseDoc(ExtensionsResponse, description="All extensions.")},
)
def list_extensions(path: CourseAssignmentPath) -> Response:
    """List the extensions of an assignment, by student."""
    extensions = service().store.courses.extensions(visible_course(path), path.assignment).values()
    return respond_page(ExtensionsResponse(items=[render_extension(extension) for extension in extensions]), None)


@resource.operation(
    "PUT",
    f"{_AT}/extensions/<student>",
    scope=Scope.STAFF,
    responses={200: ResponseDoc(ExtensionResponse, description="The extension as it holds now.", headers=TAGGED)},
    problems=(UNKNOWN_ASSIGNMENT,),
)
def put_extension(path: CourseStudentPath, body: ExtensionRequest) -> Response:
    """Give a student an extension, in place of the one before."""
    course, assignment = existing_assignment(path)
    courses, extension = service().store.courses, body.extension(path.student)
    refuse_faults(extension_faults(extension, courses.policy(course, assignment) or Policy()))
    return respond_tagged(render_extension(courses.set_extension(course, assignment, extension)))


@resource.operation("DELETE", f"{_AT}/extensions/<student>", scope=Scope.STAFF, responses=_REMOVED)
def remove_extension(path: CourseStudentPath) -> Response:
    """Remove a student's extension: the policy holds for them again."""
    course = visible_course(path)
    if not service().store.courses.remove_extension(course, path.assignment, path.student, caller().author):
        raise Problem(NOT_FOUND, f"{path.student} has no extension for {path.assignment}")
    return respond_empty()


@resource.operation(
    "GET",
    f"{_AT}/outages",
    scope=Scope.STAFF,
    responses={200: ResponseDoc(OutagesResponse, description="All outages.")},
)
def list_outages(path: CourseAssignmentPath) -> Response:
    """List the outages that move the times of an assignment, the earliest first."""
    outages = service().store.courses.outages(visible_course(path), path.assignment)
    return respond_page(OutagesResponse(items=[render_outage(outage) for outage in outages]), None)


@resource.operation(
    "POST",
    f"{_AT}/outages",
    scope=Scope.STAFF,
    weight="submit",
    responses={201: ResponseDoc(OutageResponse, description="Added.", headers=CREATED)},
    problems=(UNKNOWN_ASSIGNMENT,),
)
def add_outage(path: CourseAssignmentPath, body: OutageRequest) -> Response:
    """Add an outage: every due and close of the assignment after its start moves by its length, for everybody.

    Outages that overlap count once, so repeating the request moves nothing further.
    """
    course, assignment = existing_assignment(path)
    outage = body.outage()
    refuse_faults(outage_faults(outage))
    added = service().store.courses.add_outage(course, assignment, outage)
    address = f"{PREFIX}/courses/{course}/assignments/{assignment}/outages/{added.id}"
    return respond_created(render_outage(added), address)


@resource.operation("DELETE", f"{_AT}/outages/<outage_id>", scope=Scope.STAFF, responses=_REMOVED)
def remove_outage(path: OutagePath) -> Response:
    """Remove an outage: times are as if it had never been."""
    course = visible_course(path)
    if not service().store.courses.remove_outage(course, path.assignment, path.outage_id, caller().author):
        raise Problem(NOT_FOUND, f"there is no outage {path.outage_id} of {path.assignment}")
    return respond_empty()


@resource.operation(
    "GET",
    f"{_AT}/overrides",
    scope=Scope.STAFF,
    responses={200: ResponseDoc(OverridesResponse, description="All overrides.")},
)
def list_overrides(path: CourseAssignmentPath) -> Response:
    """List the marks that staff gave for an assignment, by student."""
    overrides = service().store.courses.overrides(visible_course(path), path.assignment).values()
    return respond_page(OverridesResponse(items=[render_override(override) for override in overrides]), None)


@resource.operation(
    "PUT",
    f"{_AT}/overrides/<student>",
    scope=Scope.STAFF,
    responses={200: ResponseDoc(OverrideResponse, description="The override as it holds now.", headers=TAGGED)},
    problems=(UNKNOWN_ASSIGNMENT,),
)
def put_override(path: CourseStudentPath, body: OverrideRequest) -> Response:
    """Give a student a mark, in place of the computed one and of the override before."""
    course, assignment = existing_assignment(path)
    computed = read_marking(course, assignment, path.student).computed
    override = Override(path.student, body.share, caller().author, body.reason, computed=computed)
    refuse_faults(override_faults(override))
    return respond_tagged(render_override(service().store.courses.set_override(course, assignment, override)))


@resource.operation("DELETE", f"{_AT}/overrides/<student>", scope=Scope.STAFF, responses=_REMOVED)
def remove_override(path: CourseStudentPath) -> Response:
    """Remove a student's override: the computed mark holds again."""
    course = visible_course(path)
    if not service().store.courses.remove_override(course, path.assignment, path.student, caller().author):
        raise Problem(NOT_FOUND, f"{path.student} has no override for {path.assignment}")
    return respond_empty()


def _no_policy(path: CourseAssignmentPath) -> Problem:
    return Problem(NOT_FOUND, f"{path.assignment} has no policy in the course {path.course}")
