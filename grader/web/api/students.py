"""Students: forgotten with everything that is theirs."""

from flask import Response
from pydantic import Field

from grader.model.records import Scope
from grader.web.http import responses as answers
from grader.web.http.auth import caller
from grader.web.http.resource import Answer, Noun
from grader.web.http.schemas import Asked, CourseQuery, Student, Told
from grader.web.http.service import service

noun = Noun("students", __name__, says="The right to be forgotten.")


class StudentPath(Asked):
    """Which student."""

    student: Student


class Forgotten(Told):
    """What was deleted."""

    deleted: int = Field(description="Submissions, with their sources and verdicts.")


@noun.operation(
    "DELETE",
    "/students/<student>",
    scope=Scope.STAFF,
    answers={200: Answer(Forgotten, says="All that was theirs in this course is gone.")},
)
def forget_student(path: StudentPath, query: CourseQuery) -> Response:
    """Delete everything of a student in a course. Asked again, there is nothing left to delete."""
    deleted = service().store.submissions.delete_student(caller().course(query.course), path.student)
    return answers.plain(Forgotten(deleted=deleted))
