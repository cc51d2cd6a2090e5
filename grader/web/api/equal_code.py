"""The students of a course whose code for an assignment is equal."""

from flask import Response

from backmark.grader.model.equal_code import EqualCode
from backmark.grader.model.records import Scope
from backmark.grader.web.api.course_paths import ASSIGNMENT, CourseAssignmentPath, visible_course
from backmark.grader.web.http.nouns import response_model, serve
from backmark.grader.web.http.problems import UNKNOWN_ASSIGNMENT
from backmark.grader.web.http.resource import Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_plain
from backmark.grader.web.usecases.equal_code import read_equal_code

resource = Resource("equal code", __name__, description="The students whose code for an assignment is equal.")


@resource.operation(
    "GET",
    f"{ASSIGNMENT}/equal-code",
    scope=Scope.ASSIST,
    responses={200: ResponseDoc(response_model(EqualCode), description="The groups, complete.")},
    problems=(UNKNOWN_ASSIGNMENT,),
)
def read_code_groups(path: CourseAssignmentPath) -> Response:
    """Read the groups of students whose graded functions are the same but for comments, layout and docstrings.

    Unfilled templates make no group, nor does code that nearly all of a class have. Equal code says nothing of how it
    came about: a short function can be written in few ways.
    """
    return respond_plain(serve(read_equal_code(visible_course(path), path.assignment)))
