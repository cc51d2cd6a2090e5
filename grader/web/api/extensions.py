"""Extensions: other limits for single students."""

from flask import Response

from backmark.grader.courses.checks import extension_faults
from backmark.grader.model.records import Scope
from backmark.grader.model.terms import Extension, Policy
from backmark.grader.web.api.course_paths import (
    ASSIGNMENT,
    CourseAssignmentPath,
    CourseStudentPath,
    existing_assignment,
    refuse_faults,
    visible_course,
)
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.nouns import Given, list_model, response_model, serve
from backmark.grader.web.http.problems import NOT_FOUND, UNKNOWN_ASSIGNMENT, Problem
from backmark.grader.web.http.resource import REMOVED, TAGGED, Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_empty, respond_list, respond_tagged
from backmark.grader.web.http.service import service

resource = Resource("extensions", __name__, description="Other limits for single students.")

_ExtensionsResponse = list_model(Extension, "The extensions of an assignment, by student.")


@resource.operation(
    "GET",
    f"{ASSIGNMENT}/extensions",
    scope=Scope.STAFF,
    responses={200: ResponseDoc(_ExtensionsResponse, description="All extensions.")},
)
def list_extensions(path: CourseAssignmentPath) -> Response:
    """List the extensions of an assignment, by student."""
    extensions = service().store.courses.extensions(visible_course(path), path.assignment)
    return respond_list(_ExtensionsResponse, map(serve, extensions.values()))


@resource.operation(
    "PUT",
    f"{ASSIGNMENT}/extensions/<student>",
    scope=Scope.STAFF,
    responses={200: ResponseDoc(response_model(Extension), description="The extension now.", headers=TAGGED)},
    problems=(UNKNOWN_ASSIGNMENT,),
)
def put_extension(path: CourseStudentPath, body: Given[Extension]) -> Response:
    """Give a student an extension, in place of the one before."""
    course, assignment = existing_assignment(path)
    courses, extension = service().store.courses, body.make(student=path.student, author=caller().author)
    refuse_faults(extension_faults(extension, courses.policy(course, assignment) or Policy()))
    return respond_tagged(serve(courses.set_extension(course, assignment, extension)))


@resource.operation("DELETE", f"{ASSIGNMENT}/extensions/<student>", scope=Scope.STAFF, responses=REMOVED)
def remove_extension(path: CourseStudentPath) -> Response:
    """Remove a student's extension: the policy holds for them again."""
    course = visible_course(path)
    if not service().store.courses.remove_extension(course, path.assignment, path.student, caller().author):
        raise Problem(NOT_FOUND, f"{path.student} has no extension for {path.assignment}")
    return respond_empty()
