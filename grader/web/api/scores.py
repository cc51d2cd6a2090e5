"""Marks on their way to the LMS's gradebook: what became of each, all of them again, and its roster."""

from flask import Response
from pydantic import BaseModel, Field

from backmark.grader.model.records import Scope
from backmark.grader.model.scores import GradebookColumn, RosterReading, Score, ScoreState
from backmark.grader.web.api.course_paths import CourseAssignmentPath, CoursePath, visible_course
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.nouns import list_model, response_model, serve
from backmark.grader.web.http.problems import NOT_FOUND, Problem
from backmark.grader.web.http.resource import Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_list, respond_plain
from backmark.grader.web.http.schemas import Query, ResponseModel
from backmark.grader.web.service import service
from backmark.grader.web.usecases.scores import count_states, read_columns, read_scores, send_again, try_columns

resource = Resource("scores", __name__, description="Marks on their way to the LMS's gradebook, and the LMS's roster.")
_AT = "/courses/<course>/assignments/<assignment>/scores"


class ScoresQuery(Query):
    """The query of an assignment's marks on their way to the LMS."""

    state: ScoreState = Field(
        default=ScoreState.FAILED, description="The state of the marks; by default, marks that were given up."
    )


class ColumnsTried(ResponseModel):
    """The number of columns that are tried again."""

    columns: int


class ScoresSent(ResponseModel):
    """The number of marks that are sent again."""

    marks: int


_ScoresResponse = list_model(
    Score,
    "An assignment's marks in one state, by student.",
    counts=(dict[ScoreState, int], Field(description="The number of marks in each state.")),
    columns=(
        list[response_model(GradebookColumn)],  # type: ignore[misc] # made of the noun
        Field(description="The columns of the gradebook that get the marks."),
    ),
)


@resource.operation(
    "GET",
    _AT,
    scope=Scope.ASSIST,
    responses={200: ResponseDoc(_ScoresResponse, description="The marks in that state, and the number in each state.")},
)
def list_scores(path: CourseAssignmentPath, query: ScoresQuery) -> Response:
    """List an assignment's marks on their way to the LMS, by state. The list is empty if no LMS gets them."""
    course = visible_course(path)
    scores = read_scores(course, path.assignment)
    columns = [serve(column) for column in read_columns(course, path.assignment)]
    items = [serve(score) for score in scores if score.state is query.state]
    return respond_list(_ScoresResponse, items, counts=count_states(scores), columns=columns)


@resource.operation(
    "POST",
    f"{_AT}/send",
    scope=Scope.STAFF,
    weight="submit",
    responses={202: ResponseDoc(ScoresSent, description="They are sent within minutes, one by one.")},
)
def send_scores(path: CourseAssignmentPath) -> Response:
    """Send all marks of an assignment to the LMS again, including those that arrived.

    Use this if somebody changed marks in the LMS, or to send marks again that were given up.
    """
    return respond_plain(ScoresSent(marks=send_again(visible_course(path), path.assignment)), 202)


@resource.operation(
    "POST",
    f"{_AT}/try",
    scope=Scope.STAFF,
    weight="submit",
    responses={202: ResponseDoc(ColumnsTried, description="The marks that wait for them are sent within minutes.")},
)
def try_columns_now(path: CourseAssignmentPath) -> Response:
    """Try now the columns of an assignment whose marks the LMS refused. Marks that arrived are not sent again.

    Use this once somebody has unlocked a column in the LMS; otherwise Backmark tries a parked column once a day.
    """
    return respond_plain(ColumnsTried(columns=try_columns(visible_course(path), path.assignment)), 202)


@resource.operation(
    "GET",
    "/courses/<course>/roster-reading",
    scope=Scope.ASSIST,
    responses={200: ResponseDoc(response_model(RosterReading), description="The last reading.")},
)
def read_roster_reading(path: CoursePath) -> Response:
    """Read how the last reading of the LMS's roster went; 404 if the course has none."""
    return respond_plain(_reading(visible_course(path)))


@resource.operation(
    "POST",
    "/courses/<course>/roster-reading",
    scope=Scope.STAFF,
    weight="submit",
    responses={202: ResponseDoc(response_model(RosterReading), description="The roster is read within seconds.")},
)
def request_roster_reading(path: CoursePath) -> Response:
    """Have the LMS's roster read now, and not only daily.

    Students missing from it are marked as having left; nobody is deleted.
    """
    course = visible_course(path)
    service().store.rosters.request(course, caller().author)
    return respond_plain(_reading(course), 202)


def _reading(course: str) -> BaseModel:
    reading = service().store.rosters.reading(course)
    if reading is None:
        raise Problem(NOT_FOUND, f"the course {course} has no roster in an LMS")
    return serve(reading)
