"""Equal code: the groups of students of an assignment whose code is the same, and the code for other programs."""

from flask import Response

from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.visitor import instructor, staff
from backmark.grader.web.usecases.assignments import current
from backmark.grader.web.usecases.code_export import send_code
from backmark.grader.web.usecases.equal_code import read_equal_code

pages = Pages("staff_equal_code", __name__)


@pages.get("/courses/<course>/assignments/<assignment>/equal-code")
def list_equal_code(course: str, assignment: str) -> Response:
    """Show each group with its students and their submissions."""
    staff(course)
    revision = current(course, assignment)
    return page(
        "staff/equal_code.html",
        course=course,
        section="course",
        current=revision,
        equal=read_equal_code(course, assignment),
    )


@pages.get("/courses/<course>/assignments/<assignment>/code.zip")
def download_code(course: str, assignment: str) -> Response:
    """Send the code of the attempts that count as a ZIP file."""
    instructor(course)
    return send_code(course, assignment)
