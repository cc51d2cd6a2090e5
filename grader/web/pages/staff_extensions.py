"""The extensions of an assignment: all of them, and new ones for a section or by a table."""

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Redirection

from backmark.grader.courses import extending
from backmark.grader.courses.student_tables import BadTable, read_extensions
from backmark.grader.model.people import sections
from backmark.grader.model.terms import Extension
from backmark.grader.web.pages.form_fields import Form, FormFields, zone_value
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.sentences import CHOOSE_CSV, CHOOSE_SECTION
from backmark.grader.web.pages.visitor import staff
from backmark.grader.web.service import service
from backmark.grader.web.usecases.assignments import current
from backmark.grader.web.usecases.extensions import give

pages = Pages("staff_extensions", __name__)
_RULE = "/courses/<course>/assignments/<assignment>/extensions"


@pages.get(_RULE)
def list_extensions(course: str, assignment: str) -> Response:
    """Show all extensions, and the forms to give many at once."""
    staff(course)
    return _page(course, assignment)


@pages.post(f"{_RULE}/section")
def extend_section(course: str, assignment: str) -> Response | Redirection:
    """Give an extension to each student who is in a section now."""
    author, fields = staff(course, "submit").author, FormFields.of_request()
    current(course, assignment)
    extension = fields.read(Extension, student="", author=author)
    roster = service().store.courses.roster(course).values()
    extensions = [] if extension is None else extending.extend_section(roster, fields.text("section"), extension)
    if extension is not None and not extensions:
        fields.faults.setdefault("section", CHOOSE_SECTION)
    if not fields.faults:
        fields.note(give(course, assignment, extensions))
    if fields.faults:
        return _page(course, assignment, "section", fields)
    return _back(course, assignment)


@pages.post(f"{_RULE}/table")
def extend_by_table(course: str, assignment: str) -> Response | Redirection:
    """Give an extension to each student of a CSV file; if one row is wrong, none is given."""
    author, fields = staff(course, "submit").author, FormFields.of_request()
    current(course, assignment)
    upload = request.files.get("file")
    data = upload.stream.read() if upload and upload.filename else b""
    if not data:
        fields.faults["file"] = CHOOSE_CSV
        return _page(course, assignment, "table", fields)
    try:
        extensions = read_extensions(data, author, reason=fields.text("reason"), zone=fields.text("zone") or "UTC")
    except BadTable as error:
        fields.faults["file"] = str(error)
        return _page(course, assignment, "table", fields)
    if faults := give(course, assignment, extensions):
        fields.faults["file"] = faults[0].says
        return _page(course, assignment, "table", fields)
    return _back(course, assignment)


@pages.post(f"{_RULE}/remove")
def remove_extension(course: str, assignment: str) -> Redirection:
    """Remove the extension of one student."""
    author = staff(course, "submit").author
    current(course, assignment)
    student = FormFields.of_request().text("student")
    service().store.courses.remove_extension(course, assignment, student, author)
    return _back(course, assignment)


def _page(course: str, assignment: str, form: str = "", sent: FormFields | None = None) -> Response:
    revision, courses = current(course, assignment), service().store.courses
    roster = courses.roster(course)
    in_table, zone = sent if form == "table" else None, service().store.course_records.settings(course).zone
    return page(
        "staff/extensions.html",
        422 if sent else 200,
        course=course,
        section="course",
        current=revision,
        extensions=courses.extensions(course, assignment).values(),
        roster=roster,
        sections=sections(entry for entry in roster.values() if entry.left is None),
        form=Form.of("section", Extension, None, sent if form == "section" else None, zone=zone),
        values=in_table.values if in_table else zone_value(zone),
        faults=in_table.faults if in_table else {},
    )


def _back(course: str, assignment: str) -> Redirection:
    return redirect(f"/courses/{course}/assignments/{assignment}/extensions", 303)
