"""The students of a course whose code for an assignment is equal, and the code itself for programs that compare it."""

from flask import Response

from backmark.grader.model.equal_code import EqualCode
from backmark.grader.model.records import Scope
from backmark.grader.web.api.course_paths import ASSIGNMENT, CourseAssignmentPath, visible_course
from backmark.grader.web.http.nouns import response_model, serve
from backmark.grader.web.http.problems import BUSY, UNKNOWN_ASSIGNMENT
from backmark.grader.web.http.resource import Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_plain
from backmark.grader.web.usecases.code_export import send_code
from backmark.grader.web.usecases.equal_code import read_equal_code

resource = Resource(
    "equal code", __name__, description="The students whose code for an assignment is equal, and the code."
)


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


@resource.operation(
    "GET",
    f"{ASSIGNMENT}/code",
    scope=Scope.STAFF,
    weight="submit",
    responses={200: ResponseDoc(description="A ZIP file.", media_types=("application/zip",))},
    problems=(UNKNOWN_ASSIGNMENT, BUSY),
)
def export_code(path: CourseAssignmentPath) -> Response:
    """Export the code of each student's attempt that counts, in the form that JPlag and Dolos read.

    Each student has a folder with Python files, a notebook's code cells among them; `info.csv` lists the files. The
    file is written while it is sent. A file that was cut off does not open.
    """
    return send_code(visible_course(path), path.assignment)
