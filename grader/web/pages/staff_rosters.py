"""The roster of a course: who is in it, replaced by a file, or changed for one student."""

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Redirection

from backmark.grader.courses.student_tables import BadTable, read_roster, unread_columns
from backmark.grader.model.people import LONGEST_NAME, RosterChange, RosterEntry
from backmark.grader.support.folding import fold
from backmark.grader.web.pages.form_fields import Form, FormFields, read_page_number
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.sentences import CHOOSE_CSV, NAME_ONE
from backmark.grader.web.pages.visitor import instructor, staff
from backmark.grader.web.service import service

pages = Pages("staff_rosters", __name__)

#: Rows of a page.
_PAGE = 100


@pages.get("/courses/<course>/roster")
def read_course_roster(course: str) -> Response:
    """Show the students, also those who left."""
    staff(course)
    return _page(course)


@pages.post("/courses/<course>/roster")
def put_course_roster(course: str) -> Response:
    """Replace the roster by a file."""
    author = instructor(course).author
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return _page(course, fault=CHOOSE_CSV)
    try:
        entries, unread = read_roster(data := upload.stream.read()), unread_columns(data)
    except BadTable as error:
        return _page(course, fault=str(error))
    return _page(course, change=service().store.courses.put_roster(course, entries, "csv", author), unread=unread)


@pages.post("/courses/<course>/roster/students")
def change_student(course: str) -> Response | Redirection:
    """Add a student, change the entry, or remove it."""
    author, courses, fields = instructor(course).author, service().store.courses, FormFields.of_request()
    if removed := fields.text("remove"):
        courses.remove_student(course, removed, author)
        return redirect(f"/courses/{course}/roster", 303)
    students = fields.students("student")
    if len(students) != 1 or "!" in students[0]:
        fields.faults.setdefault("student", NAME_ONE)
    entry = fields.read(RosterEntry, student=students[0] if students else "")
    if entry is None or fields.faults:
        return _page(course, fields=fields)
    return _page(course, change=courses.add_student(course, entry, author))


def _page(
    course: str,
    *,
    fault: str = "",
    change: RosterChange | None = None,
    unread: tuple[str, ...] = (),
    fields: FormFields | None = None,
) -> Response:
    entries = service().store.courses.roster(course).values()
    part = request.args.get("name", "").strip()[:LONGEST_NAME]
    number = read_page_number(request.args)
    chosen = [entry for entry in entries if fold(part) in _names(entry)]
    first = _PAGE * (number - 1)
    return page(
        "staff/roster.html",
        422 if fault or fields else 200,
        course=course,
        section="roster",
        entries=chosen[first : first + _PAGE],
        number=number,
        found=len(chosen),
        more=len(chosen) > first + _PAGE,
        part=part,
        present=sum(entry.left is None for entry in entries),
        everybody=len(entries),
        fault=fault,
        change=change,
        unread=unread,
        from_lms=service().store.rosters.reading(course) is not None,
        form=Form.of("one", RosterEntry, None, fields),
    )


def _names(entry: RosterEntry) -> str:
    """Return all by which a student may be looked for."""
    return fold(f"{entry.student}\n{entry.name}\n{entry.lms_id}\n{entry.section or ''}")
