"""The courses that staff see, at which a sign-in arrives; administrators find and make them."""

import re

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Redirection

from backmark.grader.courses.checks import course_faults
from backmark.grader.model.course import Course
from backmark.grader.model.records import NAME
from backmark.grader.web.http.problems import FORBIDDEN, Problem
from backmark.grader.web.pages.form_fields import Form, FormFields, read_page_number
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.sentences import COURSE_EXISTS, USE_COURSE_ID
from backmark.grader.web.pages.visitor import signed_in
from backmark.grader.web.service import service
from backmark.grader.web.usecases.courses import find_courses

pages = Pages("course_list", __name__)

#: Rows of a page.
_PAGE = 50
#: Characters of a search.
_LONGEST = 200
#: The fields of a new course; its settings have the others.
_NEW = ("title", "term", "zone")
_ID = re.compile(NAME)


@pages.get("/courses")
def list_courses() -> Response:
    """Show the courses, and administrators a form to make one."""
    signed_in()
    return _page()


@pages.post("/courses")
def create_course() -> Response | Redirection:
    """Make a course, and go on to its settings, where its staff are invited."""
    caller = signed_in("submit")
    if not caller.admin:
        raise Problem(FORBIDDEN, "only a token with the scope admin may make a course")
    fields = FormFields.of_request()
    name = fields.text("id")
    if not _ID.fullmatch(name):
        fields.faults["id"] = USE_COURSE_ID
    values = fields.read_values(Course, _NEW)
    course = None if values is None else Course(name, **values)
    fields.note(course_faults(course) if course else ())
    if course is None or fields.faults:
        return _page(fields)
    if service().store.course_records.create(course, caller.author) is None:
        fields.faults["id"] = COURSE_EXISTS
        return _page(fields)
    return redirect(f"/courses/{course.id}/settings", 303)


def _page(sent: FormFields | None = None) -> Response:
    caller, search = signed_in(), request.args.get("search", "").strip()[:_LONGEST]
    is_archive, number = "archived" in request.args, read_page_number(request.args)
    chosen = find_courses(caller, search, archived=is_archive)
    first = _PAGE * (number - 1)
    shown = chosen[first : first + _PAGE]
    return page(
        "staff/courses.html",
        422 if sent else 200,
        section="courses",
        courses=shown,
        titles=service().store.course_records.titles(shown),
        number=number,
        more=len(chosen) > first + _PAGE,
        search=search,
        is_archive=is_archive,
        # What the other list has, for the link to it.
        others=len(find_courses(caller, search, archived=not is_archive)),
        admin=caller.admin,
        form=Form.of("new", Course, Course(""), sent, names=_NEW),
    )
