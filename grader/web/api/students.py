"""Students: deletion of all their data."""

from flask import Response
from pydantic import Field

from backmark.grader.model.records import Scope
from backmark.grader.web import links
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.resource import Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_plain
from backmark.grader.web.http.schemas import CourseQuery, RequestModel, ResponseModel, Student
from backmark.grader.web.service import service

resource = Resource("students", __name__, description="Deletion of a student's data.")


class StudentPath(RequestModel):
    """The path of a student."""

    student: Student


class DeletionResponse(ResponseModel):
    """The extent of a deletion."""

    deleted: int = Field(description="The number of submissions deleted, with their sources and verdicts.")


@resource.operation(
    "DELETE",
    "/students/<student>",
    scope=Scope.STAFF,
    responses={200: ResponseDoc(DeletionResponse, description="All of the student's data in this course is deleted.")},
)
def forget_student(path: StudentPath, query: CourseQuery) -> Response:
    """Delete all data of a student in a course, and end their links. Repeating the request deletes nothing more."""
    course = caller().course(query.course)
    deleted = service().store.submissions.delete_student(
        course, path.student, caller().author, links.owner(course, student=path.student)
    )
    return respond_plain(DeletionResponse(deleted=deleted))
