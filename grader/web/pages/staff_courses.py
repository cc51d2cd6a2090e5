"""A course's home: its assignments, and the latest events."""

from functools import partial

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Redirection

from backmark.grader.courses.arranging import Move, move
from backmark.grader.store.search import Filter
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.visitor import instructor, staff
from backmark.grader.web.service import service
from backmark.grader.web.usecases.assignments import current, find_assignments
from backmark.grader.web.usecases.courses import existing_course

pages = Pages("staff_courses", __name__)

#: Of each list, the newest.
_SHOWN = 5


@pages.get("/courses/<course>")
def read_course(course: str) -> Response:
    """Show the assignments, and the latest submissions, regrades and publications."""
    staff(course)
    store = service().store
    shown, hidden = find_assignments(course)
    return page(
        "staff/course.html",
        course=course,
        section="course",
        assignments=[(revision, store.cohorts.recent(course, revision.assignment_id)) for revision in shown],
        hidden=hidden,
        arranging="arrange" in request.args,
        policies=store.courses.policies(course),
        submissions=store.submissions.list(Filter(course), 2 * _SHOWN).items,
        regrades=store.regrades.list(course, _SHOWN).items,
        publications=store.publications.list(course, _SHOWN).items,
    )


@pages.post("/courses/<course>/arrangement")
def arrange_assignments(course: str) -> Redirection:
    """Move an assignment up or down in the lists of the course, hide it, or show it again."""
    author = instructor(course).author
    existing_course(course)
    store = service().store
    names = [revision.assignment_id for revision in store.assignments.list(course)]
    for way in Move:
        if name := request.form.get(way, ""):
            current(course, name)
            store.course_records.change(course, partial(move, names=names, name=name, way=way), author)
    return redirect(f"/courses/{course}?arrange=#arrange", 303)
