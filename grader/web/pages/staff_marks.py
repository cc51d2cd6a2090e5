"""Marks for staff: the class, the table for a spreadsheet, and a student with what may be given to them."""

import time

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Redirection

from backmark.grader.courses.checks import extension_faults
from backmark.grader.courses.limits import limits, limits_of
from backmark.grader.courses.marks import list_late_days, mark_student
from backmark.grader.model.people import sections
from backmark.grader.model.terms import Extension, Override, Policy
from backmark.grader.store.search import Filter
from backmark.grader.web.http.problems import NOT_FOUND, Problem
from backmark.grader.web.pages import marks_view
from backmark.grader.web.pages.form_fields import Form, FormFields
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.marks_view import ClassChoice, Order
from backmark.grader.web.pages.named_students import is_known
from backmark.grader.web.pages.visitor import instructor, staff
from backmark.grader.web.service import service
from backmark.grader.web.usecases.assignments import current
from backmark.grader.web.usecases.marks import read_marking, read_marks, spreadsheet

pages = Pages("staff_marks", __name__)

#: A student's submissions that are listed.
_SUBMISSIONS = 50
#: Members of a group that a mark is copied to at once.
_GROUP = 50
#: The fields of their overrides that the form sets; the mark is copied.
_GROUP_FIELDS = ("kind", "reason")


@pages.get("/courses/<course>/assignments/<assignment>/marks")
def list_marks(course: str, assignment: str) -> Response:
    """Show a row for each student."""
    staff(course)
    revision, query = current(course, assignment), ClassChoice.read(request.args)
    table = read_marks(course, assignment)
    chosen = query.choose(table.students)
    first = marks_view.PAGE * (query.page - 1)
    mistakes = service().store.cohorts.recent(course, assignment).mistakes
    return page(
        "staff/marks.html",
        course=course,
        section="course",
        current=revision,
        policy=table.terms.policy,
        outages=table.terms.outages,
        own=limits(table.terms.policy or Policy(), None, table.terms.outages),
        roster=any(row.entry for row in table.students),
        rows=chosen[first : first + marks_view.PAGE],
        found=len(chosen),
        more=len(chosen) > first + marks_view.PAGE,
        query=query,
        counts=marks_view.count(query.of_section(table.students)),
        Order=Order,
        mistakes={mistake.id: mistake.title for mistake in mistakes},
        sections=sections(row.entry for row in table.students if row.entry),
    )


@pages.post("/courses/<course>/assignments/<assignment>/marks/publish")
def publish_marks(course: str, assignment: str) -> Redirection:
    """Let students read their verdicts and marks, and send the marks to the LMS."""
    author = instructor(course).author
    current(course, assignment)
    service().store.courses.publish_marks(course, assignment, author)
    return redirect(f"/courses/{course}/assignments/{assignment}/marks", 303)


@pages.get("/courses/<course>/assignments/<assignment>/marks.csv")
def download_marks(course: str, assignment: str) -> Response:
    """Send the students that are shown, all pages of them, as a table for a spreadsheet."""
    staff(course)
    current(course, assignment)
    chosen = ClassChoice.read(request.args).choose(read_marks(course, assignment).students)
    return spreadsheet(course, assignment, chosen)


@pages.get("/courses/<course>/assignments/<assignment>/marks/<student>")
def read_student(course: str, assignment: str, student: str) -> Response:
    """Show how a student's mark came about, and the forms for what staff may give."""
    staff(course)
    return _student_page(course, assignment, student)


@pages.post("/courses/<course>/assignments/<assignment>/marks/<student>/override")
def give_override(course: str, assignment: str, student: str) -> Response | Redirection:
    """Set or remove the student's override."""
    author, courses = staff(course, "submit").author, service().store.courses
    _require(course, assignment, student)
    if "remove" in request.form:
        courses.remove_override(course, assignment, student, author)
        return _back(course, assignment, student)
    fields = FormFields.of_request()
    computed = read_marking(course, assignment, student).computed
    override = fields.read(Override, student=student, author=author, computed=computed)
    if override is None or fields.faults:
        return _student_page(course, assignment, student, "override", fields)
    courses.set_override(course, assignment, override)
    return _back(course, assignment, student)


@pages.post("/courses/<course>/assignments/<assignment>/marks/<student>/extension")
def give_extension(course: str, assignment: str, student: str) -> Response | Redirection:
    """Set or remove the student's extension."""
    author, courses = staff(course, "submit").author, service().store.courses
    _require(course, assignment, student)
    if "remove" in request.form:
        courses.remove_extension(course, assignment, student, author)
        return _back(course, assignment, student)
    fields = FormFields.of_request()
    extension = fields.read(Extension, student=student, author=author)
    fields.note(extension_faults(extension, courses.policy(course, assignment) or Policy()) if extension else ())
    if extension is None or fields.faults:
        return _student_page(course, assignment, student, "extension", fields)
    courses.set_extension(course, assignment, extension)
    return _back(course, assignment, student)


@pages.post("/courses/<course>/assignments/<assignment>/marks/<student>/group")
def copy_mark(course: str, assignment: str, student: str) -> Response | Redirection:
    """Give the student's mark to the other members of a group, as overrides."""
    author, courses, fields = staff(course, "submit").author, service().store.courses, FormFields.of_request()
    _require(course, assignment, student)
    share, given = read_marking(course, assignment, student).share, fields.read_values(Override, _GROUP_FIELDS) or {}
    names = tuple(name for name in fields.students("students") if name != student)
    known = {row.marking.student: row.marking for row in read_marks(course, assignment).students}
    strangers = [name for name in names if name not in known]
    if not names or len(names) > _GROUP:
        fields.faults.setdefault("students", f"Name 1 to {_GROUP} other members of the group.")
    elif strangers:
        says = f"{', '.join(strangers)}: not in the roster, and without a submission. Check the name."
        fields.faults.setdefault("students", says)
    if share is None:
        fields.faults.setdefault("students", f"{student} has no mark to copy yet.")
    if share is None or fields.faults:
        return _student_page(course, assignment, student, "group", fields)
    for name in names:
        override = Override(name, share, author, computed=known[name].computed, **given)
        courses.set_override(course, assignment, override)
    return _back(course, assignment, student)


def _student_page(
    course: str, assignment: str, student: str, form: str = "", sent: FormFields | None = None
) -> Response:
    """Show the page, with a form as it was sent and its faults."""
    revision, courses = current(course, assignment), service().store.courses
    _require(course, assignment, student)
    terms = courses.terms_of(course, assignment, student)
    attempts, own = courses.attempts_of(course, assignment, student), limits_of(terms)
    marking = mark_student(student, attempts, terms)
    submissions = service().store.submissions.list(Filter(course, assignment, student), _SUBMISSIONS).items
    return page(
        "staff/student_marks.html",
        422 if sent else 200,
        course=course,
        section="course",
        current=revision,
        student=student,
        entry=courses.roster(course).get(student),
        marking=marking,
        policy=terms.policy or Policy(),
        own=own,
        extension=terms.extension,
        submissions=submissions,
        late=list_late_days(attempts, terms),
        refused=courses.refused(course, assignment)[student],
        now=time.time(),
        forms={
            "override": Form.of("override", Override, terms.override, sent if form == "override" else None),
            "extension": Form.of(
                *("extension", Extension, terms.extension, sent if form == "extension" else None),
                zone=service().store.course_records.settings(course).zone,
            ),
            "group": Form.of("group", Override, None, sent if form == "group" else None, names=_GROUP_FIELDS),
        },
    )


def _require(course: str, assignment: str, student: str) -> None:
    """Raise Problem unless the student is known in the course, or has handed in for the assignment."""
    current(course, assignment)
    if not is_known(course, assignment, student):
        says = f"there is no student {student} in the roster of {course}, nor has one handed in for {assignment}"
        raise Problem(NOT_FOUND, says)


def _back(course: str, assignment: str, student: str) -> Redirection:
    return redirect(f"/courses/{course}/assignments/{assignment}/marks/{student}", 303)
