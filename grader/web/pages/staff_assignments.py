"""An assignment: the standing of the class, its mistakes, links to hand in, and the cases that it is judged on."""

import json
from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Redirection

from backmark.grader.contracts.gallery import hash_kit
from backmark.grader.model.links import HandInLink
from backmark.grader.model.people import sections
from backmark.grader.model.publications import RevisionRecord
from backmark.grader.reports.html.distribution import share
from backmark.grader.store.keys import EVERYONE
from backmark.grader.web import links
from backmark.grader.web.http.problems import NO_ADDRESS, Problem
from backmark.grader.web.http.responses import respond_table
from backmark.grader.web.pages import cohorts
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.named_students import NoOneStudent, find_student
from backmark.grader.web.pages.previews import catches, preview, statements
from backmark.grader.web.pages.sentences import NAME_NEEDED, NAME_OF_ENDED
from backmark.grader.web.pages.visitor import instructor, staff
from backmark.grader.web.service import service
from backmark.grader.web.usecases import hand_in_links
from backmark.grader.web.usecases.assignments import current, find_revision, read_visible_settings, respond_kit
from backmark.grader.web.usecases.hand_in_links import LINK_COLUMNS, LONGEST_LINK
from backmark.grader.web.usecases.marks import list_statistics, read_marks

pages = Pages("staff_assignments", __name__)


@pages.get("/courses/<course>/assignments/<assignment>")
def read_assignment(course: str, assignment: str) -> Response:
    """Show the standing of the class."""
    staff(course)
    return _page(course, current(course, assignment))


@pages.get("/courses/<course>/assignments/<assignment>/revisions/<revision>")
def read_revision(course: str, assignment: str, revision: str) -> Response:
    """Show a revision's cases, and to instructors the mistakes that they catch."""
    viewer = staff(course)
    record = find_revision(course, assignment, revision)
    return page(
        "staff/revision.html",
        course=course,
        section="course",
        revision=record,
        current=current(course, assignment).id == record.id,
        preview=preview(record),
        catches=catches(record) if viewer.instructs else (),
        statements=statements(record) if viewer.instructs else (),
        kits=service().store.assignments.kits(record.id),
        hash_kit=hash_kit,
        offered=service().store.assignments.offers_kit(course, record),
        settings=json.dumps(read_visible_settings(record, viewer), indent=2),
    )


@pages.get("/courses/<course>/assignments/<assignment>/revisions/<revision>/kit")
def download_kit(course: str, assignment: str, revision: str) -> Response:
    """Send the kit by which students check in their notebooks: to instructors with the solution if they ask for it."""
    with_solution = request.args.get("solution") == "yes"
    if with_solution:
        instructor(course, "read")
    else:
        staff(course)
    record = find_revision(course, assignment, revision)
    return respond_kit(record, with_solution=with_solution)


@pages.post("/courses/<course>/assignments/<assignment>/kit")
def offer_kit(course: str, assignment: str) -> Redirection:
    """Offer students the kit without the solution where they hand in, or end that."""
    author, record = instructor(course).author, current(course, assignment)
    service().store.assignments.offer_kit(course, assignment, author, offered=request.form.get("offer") == "yes")
    return redirect(f"/courses/{course}/assignments/{assignment}/revisions/{record.id}#kit", 303)


@pages.post("/courses/<course>/assignments/<assignment>/revisions/<revision>/current")
def make_revision_current(course: str, assignment: str, revision: str) -> Redirection:
    """Grade what is handed in from now on against this revision."""
    author = instructor(course).author
    service().store.assignments.make_current(find_revision(course, assignment, revision), course, author)
    return redirect(f"/courses/{course}/assignments/{assignment}/revisions/{revision}", 303)


@pages.post("/courses/<course>/assignments/<assignment>/links")
def make_link(course: str, assignment: str) -> Response:
    """Make a link to hand in, for one student or for all."""
    author, revision = instructor(course).author, current(course, assignment)
    days = request.form.get("days", "").strip()
    try:
        student = _student(course, assignment)
    except NoOneStudent as fault:
        return _page(course, revision, fault=fault.says)
    if student is None and service().store.courses.policy(course, assignment) is not None:
        return _page(course, revision, fault=NAME_NEEDED)
    if days and not (days.isascii() and days.isdigit() and len(days) <= 5 and 1 <= int(days) <= LONGEST_LINK):
        return _page(course, revision, fault=f"A link works for 1 to {LONGEST_LINK} days.")
    made = hand_in_links.make(course, assignment, student, int(days) if days else None, author)
    return _page(course, revision, made)


@pages.post("/courses/<course>/assignments/<assignment>/links/end")
def end_links(course: str, assignment: str) -> Response:
    """End the links of one student, or all links of the assignment."""
    author, revision = instructor(course).author, current(course, assignment)
    try:
        student = _student(course, assignment)
    except NoOneStudent as fault:
        return _page(course, revision, end_fault=fault.says)
    if student is None and "all" not in request.form:
        return _page(course, revision, end_fault=NAME_OF_ENDED)
    links.end(course, assignment, student, author)
    return _page(course, revision, ended=student or EVERYONE)


@pages.get("/courses/<course>/assignments/<assignment>/links.csv")
def download_links(course: str, assignment: str) -> Response:
    """Send a link to hand in for each student of the roster, as a table for a mail merge."""
    author = instructor(course).author
    current(course, assignment)
    if service().settings.public_url is None:
        raise Problem(NO_ADDRESS, NO_ADDRESS.meaning)
    rows = hand_in_links.make_for_roster(course, assignment, author, request.args.get("section", ""))
    return respond_table(f"links-{course}-{assignment}", LINK_COLUMNS, rows)


def _page(course: str, revision: RevisionRecord, made: HandInLink | None = None, **shown: str) -> Response:
    """Show the page, and in its forms a link that was made, and what `shown` has: a fault, or whose links ended."""
    forms: dict[str, Any] = {**dict.fromkeys(("ended", "fault", "end_fault")), **shown}
    store = service().store
    cohort, roster = store.cohorts.recent(course, revision.assignment_id), store.courses.roster(course)
    students = read_marks(course, revision.assignment_id).students
    return page(
        "staff/assignment.html",
        422 if "fault" in shown or "end_fault" in shown else 200,
        course=course,
        section="course",
        current=revision,
        hidden=revision.assignment_id in store.course_records.settings(course).hidden_assignments,
        revisions=store.assignments.revisions(course, revision.assignment_id),
        cohort=cohort,
        mistakes=cohorts.mistakes(cohort, (row.marking for row in students)),
        marks=cohorts.marks(row.marking.share for row in students),
        statistics=list_statistics(students),
        attempts=cohorts.attempts(cohort),
        share=share,
        preview=preview(revision),
        catches=catches(revision),
        made=made,
        now=store.time(),
        written=request.form.get("student", ""),
        **forms,
        days=service().settings.link_days,
        longest=LONGEST_LINK,
        addressed=service().settings.public_url is not None,
        everyone=EVERYONE,
        policy=store.courses.policy(course, revision.assignment_id),
        roster=bool(roster),
        sections=sections(entry for entry in roster.values() if entry.left is None),
        columns=store.line_items.of(course, revision.assignment_id),
    )


def _student(course: str, assignment: str) -> str | None:
    """Return the student whom the form names; None for all. Raises NoOneStudent."""
    written = request.form.get("student", "").strip()
    return find_student(course, assignment, written) if written else None
