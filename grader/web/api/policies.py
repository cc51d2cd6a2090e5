"""The policy of an assignment in a course."""

from dataclasses import replace

from flask import Response
from pydantic import BaseModel

from backmark.grader.courses.checks import HELD_BACK, policy_faults
from backmark.grader.model.records import Scope
from backmark.grader.model.terms import Policy
from backmark.grader.web.api.course_paths import (
    ASSIGNMENT,
    CourseAssignmentPath,
    existing_assignment,
    visible_course,
)
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.nouns import NounRequest, extend_response, serve
from backmark.grader.web.http.problems import CONFLICT, NOT_FOUND, UNKNOWN_ASSIGNMENT, Problem, refuse_faults
from backmark.grader.web.http.resource import REMOVED, TAGGED, Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_empty, respond_tagged
from backmark.grader.web.service import service

resource = Resource(
    "policies",
    __name__,
    description="When and how often students may submit to an assignment, and what lateness takes off.",
)

_PolicyResponse = extend_response(
    Policy, "PolicyResponse", "The policy of an assignment in a course.", course=str, assignment=str
)


@resource.operation(
    "GET",
    f"{ASSIGNMENT}/policy",
    scope=Scope.READ,
    responses={200: ResponseDoc(_PolicyResponse, description="The policy.", headers=TAGGED)},
)
def read_policy(path: CourseAssignmentPath) -> Response:
    """Read the policy of an assignment. The answer is 404 if it has none: nothing is late, the best attempt counts."""
    policy = service().store.courses.policy(visible_course(path), path.assignment)
    if policy is None:
        raise _no_policy(path)
    return respond_tagged(_serve(path, policy))


@resource.operation(
    "PUT",
    f"{ASSIGNMENT}/policy",
    scope=Scope.STAFF,
    responses={200: ResponseDoc(_PolicyResponse, description="The policy that was set.", headers=TAGGED)},
    problems=(UNKNOWN_ASSIGNMENT,),
)
def put_policy(path: CourseAssignmentPath, body: NounRequest[Policy]) -> Response:
    """Set the policy of an assignment, in place of an earlier one. Without `held_back`, that field stays as it is.

    The new policy applies to all marks at once.
    """
    course, assignment = existing_assignment(path)
    policy = body.make()
    if "held_back" not in body.named:
        # A client that does not know the field must not publish marks when it changes a time.
        before = service().store.courses.policy(course, assignment)
        policy = replace(policy, held_back=before is not None and before.held_back)
    refuse_faults(policy_faults(policy))
    service().store.courses.set_policy(course, assignment, policy, caller().author)
    return respond_tagged(_serve(path, policy))


@resource.operation("DELETE", f"{ASSIGNMENT}/policy", scope=Scope.STAFF, responses=REMOVED, problems=(CONFLICT,))
def remove_policy(path: CourseAssignmentPath) -> Response:
    """Remove the policy of an assignment. Extensions, outages and overrides stay.

    A policy that holds back marks cannot be removed: publish them first, with `held_back: false`.
    """
    policy = service().store.courses.policy(visible_course(path), path.assignment)
    if policy is not None and policy.held_back:
        raise Problem(CONFLICT, HELD_BACK)
    if not service().store.courses.remove_policy(visible_course(path), path.assignment, caller().author):
        raise _no_policy(path)
    return respond_empty()


def _serve(path: CourseAssignmentPath, policy: Policy) -> BaseModel:
    return serve(policy, _PolicyResponse, course=path.course, assignment=path.assignment)


def _no_policy(path: CourseAssignmentPath) -> Problem:
    return Problem(NOT_FOUND, f"{path.assignment} has no policy in the course {path.course}")
