"""Links to hand in: made for a student or a class, and ended."""

from typing import Annotated
from urllib.parse import urlsplit

from flask import Response
from pydantic import Field

from backmark.grader.model.links import HandInLink
from backmark.grader.model.records import Scope
from backmark.grader.web import links
from backmark.grader.web.api.course_paths import CourseAssignmentPath, existing_assignment, visible_course
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.nouns import response_model, serve
from backmark.grader.web.http.problems import NO_SECRET, UNKNOWN_ASSIGNMENT, invalid
from backmark.grader.web.http.resource import CREATED, Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_created, respond_empty
from backmark.grader.web.http.schemas import WHOLE, Name, RequestModel
from backmark.grader.web.service import service
from backmark.grader.web.usecases.hand_in_links import LONGEST_LINK, make

resource = Resource(
    "links", __name__, description="Signed links with which students hand in on pages, without a token."
)
_AT = "/courses/<course>/assignments/<assignment>/links"
_ENDED = {204: ResponseDoc(description="Ended: such a link opens no form and accepts no files.")}


class LinkStudentPath(CourseAssignmentPath):
    """The path of a student's links to hand in."""

    student: Name


class LinkRequest(RequestModel):
    """A link to hand in."""

    student: Name | None = Field(
        default=None,
        description="The student of the link. Null: students type their names, which nobody checks.",
    )
    days: Annotated[int, Field(ge=1, le=LONGEST_LINK), WHOLE] | None = Field(
        default=None,
        description="Days until the link ends. Null: it takes files until the assignment closes, or for "
        "BACKMARK_LINK_DAYS if the assignment never closes, and shows the page ever after.",
    )


@resource.operation(
    "POST",
    _AT,
    scope=Scope.STAFF,
    weight="submit",
    responses={201: ResponseDoc(response_model(HandInLink), description="Made.", headers=CREATED)},
    problems=(UNKNOWN_ASSIGNMENT, NO_SECRET),
)
def make_link(path: CourseAssignmentPath, body: LinkRequest) -> Response:
    """Make a link to hand in, for one student or for a class. The course's log records it."""
    course, assignment = existing_assignment(path)
    if body.student is None and service().store.courses.policy(course, assignment) is not None:
        raise invalid("/student", "This assignment has a policy, so a link must name its student.")
    made = make(course, assignment, body.student, body.days, caller().author)
    return respond_created(serve(made), urlsplit(made.url).path)


@resource.operation(
    "DELETE", _AT, scope=Scope.STAFF, weight="submit", responses=_ENDED, problems=(UNKNOWN_ASSIGNMENT, NO_SECRET)
)
def end_links(path: CourseAssignmentPath) -> Response:
    """End every link to hand in for an assignment: for the class, for students, and those that an LMS leads to.

    Links that are made afterwards work. Links to verdicts do not end; to end one, delete the submission.
    """
    course, assignment = existing_assignment(path)
    links.end(course, assignment, None, caller().author)
    return respond_empty()


@resource.operation(
    "DELETE", f"{_AT}/<student>", scope=Scope.STAFF, weight="submit", responses=_ENDED, problems=(NO_SECRET,)
)
def end_student_links(path: LinkStudentPath) -> Response:
    """End a student's links to hand in for an assignment; links that are made afterwards work."""
    links.end(visible_course(path), path.assignment, path.student, caller().author)
    return respond_empty()
