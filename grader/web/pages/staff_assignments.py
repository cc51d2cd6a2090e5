"""An assignment: the standing of the class, its mistakes, and the networks that it is judged on."""

import json
from datetime import timedelta
from typing import NoReturn

from flask import Response, request
from pydantic import TypeAdapter, ValidationError

from grader.model.records import RevisionRecord
from grader.store.keys import EVERYONE
from grader.subjects.kinds import settings
from grader.web.http import links
from grader.web.http.problems import UNKNOWN_ASSIGNMENT, Problem
from grader.web.http.responses import respond_table
from grader.web.http.schemas import Name
from grader.web.http.service import service
from grader.web.pages import cohorts
from grader.web.pages.layout import Pages, page
from grader.web.pages.previews import catches, preview, statements, words
from grader.web.pages.visitor import staff

pages = Pages("staff_assignments", __name__)

_NAME: TypeAdapter[str] = TypeAdapter(Name)
#: Days that a link to hand in may hold: ten years.
_LONGEST = 3650


@pages.get("/courses/<course>/assignments/<assignment>")
def read_assignment(course: str, assignment: str) -> Response:
    """Show the standing of the class."""
    staff(course)
    return _page(course, current(course, assignment))


@pages.get("/courses/<course>/assignments/<assignment>/revisions/<revision>")
def read_revision(course: str, assignment: str, revision: str) -> Response:
    """Show a revision's networks, and the mistakes that they catch."""
    staff(course)
    record = service().store.assignments.get(course, revision)
    if record is None or record.assignment_id != assignment:
        _unknown(course, f"{assignment} with the revision {revision}")
    return page(
        "staff/revision.html",
        course=course,
        section="course",
        revision=record,
        current=current(course, assignment).id == record.id,
        shipped=record.course == EVERYONE,
        preview=preview(record),
        catches=catches(record),
        statements=statements(record),
        words=words(record),
        settings=json.dumps(settings(record.assignment), indent=2),
    )


@pages.post("/courses/<course>/assignments/<assignment>/links")
def make_link(course: str, assignment: str) -> Response:
    """Make a link to hand in, for one student or for all."""
    staff(course, "submit")
    revision = current(course, assignment)
    student, days = request.form.get("student", "").strip() or None, request.form.get("days", "").strip()
    try:
        if student is not None:
            student = _NAME.validate_python(student)
    except ValidationError:
        return _page(course, revision, fault="That is no name: letters, digits and . _ @ + : = ~ - only, 128 at most.")
    if student is None and service().store.courses.policy(course, assignment) is not None:
        return _page(course, revision, fault="Under a policy a link must name its student; nothing else is taken.")
    if days and not (days.isascii() and days.isdigit() and len(days) <= 5 and 1 <= int(days) <= _LONGEST):
        return _page(course, revision, fault=f"A link holds for 1 to {_LONGEST} days.")
    lifetime = timedelta(days=int(days)) if days else None
    address = links.address(links.hand_in(course, assignment, student, lifetime=lifetime))
    return _page(course, revision, link=address, student=student)


@pages.get("/courses/<course>/assignments/<assignment>/links.csv")
def download_links(course: str, assignment: str) -> Response:
    """Send a link to hand in for each student of the roster, as a table for a mail merge."""
    staff(course, "submit")
    current(course, assignment)
    present = [entry for entry in service().store.courses.roster(course).values() if entry.left is None]
    rows = (
        (entry.student, entry.name, entry.lms_id, links.address(links.hand_in(course, assignment, entry.student)))
        for entry in present
    )
    # All at once: a link is signed by what the request knows.
    return respond_table(f"links-{course}-{assignment}", ("student", "name", "lms_id", "link"), list(rows))


def current(course: str, assignment: str) -> RevisionRecord:
    """Return the revision that submissions are graded against now; raise Problem if there is no such assignment."""
    return service().store.assignments.current(course, assignment) or _unknown(course, assignment)


def _page(
    course: str,
    revision: RevisionRecord,
    *,
    link: str | None = None,
    student: str | None = None,
    fault: str | None = None,
) -> Response:
    store = service().store
    cohort = store.cohorts.recent(course, revision.assignment_id)
    return page(
        "staff/assignment.html",
        422 if fault else 200,
        course=course,
        section="course",
        current=revision,
        revisions=store.assignments.revisions(course, revision.assignment_id),
        cohort=cohort,
        marks=cohorts.marks(cohort),
        attempts=cohorts.attempts(cohort),
        share=cohorts.share,
        preview=preview(revision),
        catches=catches(revision),
        words=words(revision),
        link=link,
        student=student,
        fault=fault,
        days=service().settings.link_days,
        everyone=EVERYONE,
        policy=store.courses.policy(course, revision.assignment_id),
        roster=bool(store.courses.roster(course)),
        columns=store.line_items.of(course, revision.assignment_id),
    )


def _unknown(course: str, name: str) -> NoReturn:
    raise Problem(UNKNOWN_ASSIGNMENT, f"there is no assignment {name} in the course {course}")
