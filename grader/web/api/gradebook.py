"""The gradebook of a course: students by assignments, as JSON or as a table."""

from dataclasses import replace

from flask import Response
from pydantic import Field

from backmark.grader.model.gradebook import Gradebook
from backmark.grader.model.records import Scope
from backmark.grader.web.api.course_paths import CoursePath, visible_course
from backmark.grader.web.http.nouns import response_model, serve
from backmark.grader.web.http.problems import NOT_ACCEPTABLE
from backmark.grader.web.http.resource import Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_plain
from backmark.grader.web.http.schemas import CSV, Words
from backmark.grader.web.http.tables import TableQuery, wants_table
from backmark.grader.web.usecases.gradebook import read_gradebook, spreadsheet

resource = Resource("gradebook", __name__, description="The marks of a course for all assignments, with statistics.")


class GradebookQuery(TableQuery):
    """The query of a gradebook."""

    section: Words | None = Field(
        default=None, description="Only the students of this section; statistics stay those of all."
    )


@resource.operation(
    "GET",
    "/courses/<course>/gradebook",
    scope=Scope.ASSIST,
    responses={200: ResponseDoc(response_model(Gradebook), description="The gradebook, complete.", media_types=(CSV,))},
    problems=(NOT_ACCEPTABLE,),
)
def read_course_gradebook(path: CoursePath, query: GradebookQuery) -> Response:
    """Read the gradebook of a course: students by assignments, what is missing, mean, median and quartiles.

    It has the marks that count, as `marks` of each assignment has them.
    """
    course, as_table = visible_course(path), wants_table(query.format)
    gradebook = read_gradebook(course)
    if query.section is not None:
        students = tuple(row for row in gradebook.students if row.section == query.section)
        gradebook = replace(gradebook, students=students)
    if as_table:
        return spreadsheet(course, gradebook, gradebook.students)
    return respond_plain(serve(gradebook))
