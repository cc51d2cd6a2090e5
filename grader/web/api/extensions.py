"""Extensions: other limits for single students, one, a section, or many by a table."""

from flask import Response, request
from pydantic import ConfigDict, Field, RootModel

from backmark.grader.courses.checks import extension_faults
from backmark.grader.courses.extending import extend_section
from backmark.grader.courses.student_tables import BadTable, read_extensions
from backmark.grader.model.records import Scope
from backmark.grader.model.terms import Extension, Policy
from backmark.grader.web.api.course_paths import (
    ASSIGNMENT,
    CourseAssignmentPath,
    CourseStudentPath,
    existing_assignment,
    visible_course,
)
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.nouns import (
    NounRequest,
    list_model,
    read_values,
    request_model,
    response_model,
    serve,
)
from backmark.grader.web.http.problems import NOT_FOUND, UNKNOWN_ASSIGNMENT, Problem, invalid, refuse_faults
from backmark.grader.web.http.reading import json_body
from backmark.grader.web.http.resource import REMOVED, TAGGED, Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_empty, respond_list, respond_plain, respond_tagged
from backmark.grader.web.http.schemas import CSV, JSON, ResponseModel, Words
from backmark.grader.web.service import service
from backmark.grader.web.usecases.extensions import give

resource = Resource("extensions", __name__, description="Limits of single students that differ from the policy.")

_ExtensionsResponse = list_model(Extension, "The extensions of an assignment, by student.")


@resource.operation(
    "GET",
    f"{ASSIGNMENT}/extensions",
    scope=Scope.ASSIST,
    responses={200: ResponseDoc(_ExtensionsResponse, description="All extensions.")},
)
def list_extensions(path: CourseAssignmentPath) -> Response:
    """List the extensions of an assignment, by student."""
    extensions = service().store.courses.extensions(visible_course(path), path.assignment)
    return respond_list(_ExtensionsResponse, map(serve, extensions.values()))


class ExtensionsRequest(request_model(Extension)):  # type: ignore[misc] # made of the noun
    """Limits for every student who is in a section now."""

    section: Words = Field(description="The section, as the roster has it.")


class ExtensionTable(RootModel[str]):
    """Extensions as a table; times have an offset."""

    model_config = ConfigDict(
        json_schema_extra={"example": "student,due,closes,attempts,reason\ns1024,2027-03-08T18:00+01:00,,,ill\n"}
    )


class ExtensionsGiven(ResponseModel):
    """The number of students who were given an extension."""

    given: int


@resource.operation(
    "POST",
    f"{ASSIGNMENT}/extensions",
    scope=Scope.ASSIST,
    weight="submit",
    responses={200: ResponseDoc(ExtensionsGiven, description="Given. Each replaces the student's earlier extension.")},
    problems=(UNKNOWN_ASSIGNMENT,),
    bodies={JSON: ExtensionsRequest, CSV: ExtensionTable},
)
def give_extensions(path: CourseAssignmentPath) -> Response:
    """Give many students extensions: a section by JSON, or a table by CSV. If one line is wrong, none is given.

    Students who join the section later get none. Columns: `student`, `due`, `closes`, `attempts`, `reason`.
    """
    course, assignment = existing_assignment(path)
    if request.mimetype == CSV:
        try:
            extensions = read_extensions(request.get_data(cache=False), caller().author)
        except BadTable as error:
            raise invalid("", str(error)) from None
    else:
        values = read_values(Extension, json_body(ExtensionsRequest))
        section = values.pop("section")
        like = Extension("", **values, author=caller().author)
        extensions = extend_section(service().store.courses.roster(course).values(), section, like)
        if not extensions:
            raise Problem(NOT_FOUND, f"no student of the course {course} is in the section {section}")
    refuse_faults(give(course, assignment, extensions))
    return respond_plain(ExtensionsGiven(given=len(extensions)))


@resource.operation(
    "PUT",
    f"{ASSIGNMENT}/extensions/<student>",
    scope=Scope.ASSIST,
    responses={
        200: ResponseDoc(response_model(Extension), description="The extension that was given.", headers=TAGGED)
    },
    problems=(UNKNOWN_ASSIGNMENT,),
)
def put_extension(path: CourseStudentPath, body: NounRequest[Extension]) -> Response:
    """Give a student an extension, in place of an earlier one."""
    course, assignment = existing_assignment(path)
    courses, extension = service().store.courses, body.make(student=path.student, author=caller().author)
    refuse_faults(extension_faults(extension, courses.policy(course, assignment) or Policy()))
    return respond_tagged(serve(courses.set_extension(course, assignment, extension)))


@resource.operation("DELETE", f"{ASSIGNMENT}/extensions/<student>", scope=Scope.ASSIST, responses=REMOVED)
def remove_extension(path: CourseStudentPath) -> Response:
    """Remove a student's extension: the policy applies to them again."""
    course = visible_course(path)
    if not service().store.courses.remove_extension(course, path.assignment, path.student, caller().author):
        raise Problem(NOT_FOUND, f"{path.student} has no extension for {path.assignment}")
    return respond_empty()
