"""A course's home: its assignments, and the latest events."""

from flask import Response

from backmark.grader.store.search import Filter
from backmark.grader.web.http.service import service
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.visitor import staff

pages = Pages("staff_courses", __name__)

#: Of each list, the newest.
_SHOWN = 5


@pages.get("/courses/<course>")
def read_course(course: str) -> Response:
    """Show the assignments, and the latest submissions, regrades and publications."""
    staff(course)
    store = service().store
    assignments = [
        (assignment, store.cohorts.recent(course, assignment.assignment_id))
        for assignment in store.assignments.list(course)
    ]
    return page(
        "staff/course.html",
        course=course,
        section="course",
        assignments=assignments,
        policies=store.courses.policies(course),
        submissions=store.submissions.list(Filter(course), 2 * _SHOWN).items,
        regrades=store.regrades.list(course, _SHOWN).items,
        publications=store.publications.list(course, _SHOWN).items,
    )
