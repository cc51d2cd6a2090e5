"""Regrades for staff: request, watch, review, apply, roll back."""

from collections.abc import Mapping
from itertools import chain

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Redirection

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.regrades import Action, Change, Mode, RegradeRecord, Selection, Which
from backmark.grader.web.http.problems import NOT_FOUND, Problem
from backmark.grader.web.pages.form_fields import Form, FormFields
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.regrade_marks import list_mark_changes
from backmark.grader.web.pages.staff_regrade_rows import list_row_changes
from backmark.grader.web.pages.visitor import instructor, staff
from backmark.grader.web.service import service
from backmark.grader.web.usecases.assignments import current, find_assignments
from backmark.grader.web.usecases.regrades import request_regrade, spreadsheet

pages = Pages("staff_regrades", __name__)

_PAGE = 50
#: The fields of a selection that the form sets beside the revision.
_FIELDS = ("outcomes", "since", "students", "which", "fresh")
#: The changes that a regrade's page shows by default: those of marks.
_MOVED = frozenset({Change.UP, Change.DOWN})
_CHANGES = {"all": frozenset[Change](), **{change.value: frozenset({change}) for change in Change}}


@pages.get("/courses/<course>/regrades")
def list_regrades(course: str) -> Response:
    """List a course's regrades, newest first."""
    staff(course)
    store = service().store
    return page(
        "staff/regrades.html",
        course=course,
        section="regrades",
        page=store.regrades.list(course, _PAGE, request.args.get("cursor") or None),
        assignments=chain(*find_assignments(course)),
    )


@pages.get("/courses/<course>/assignments/<assignment>/regrade")
def write_regrade(course: str, assignment: str) -> Response:
    """Show the form: the submissions to grade again, and the revision to use."""
    instructor(course, "read")
    return _form(course, assignment)


@pages.post("/courses/<course>/assignments/<assignment>/regrade")
def ask_for_regrade(course: str, assignment: str) -> Response | Redirection:
    """Start a regrade and redirect to its page, or show the form again with its fault."""
    instructor(course)
    current(course, assignment)
    fields = FormFields.of_request()
    values = fields.read_values(Selection, _FIELDS)
    if values is None or fields.faults:
        return _form(course, assignment, fields)
    try:
        recorded = request_regrade(Selection(course, assignment, fields.text("revision"), **values))
    except Problem as problem:
        fields.note_problem(problem)
        return _form(course, assignment, fields)
    return redirect(f"/courses/{course}/regrades/{recorded.regrade.id}", 303)


@pages.get("/courses/<course>/regrades/<regrade>")
def read_regrade(course: str, regrade: str) -> Response:
    """Show a regrade's progress, and whose marks change."""
    caller = staff(course)
    record = _find_regrade(course, regrade)
    asked = request.args.get("change")
    changes = _CHANGES.get(asked or "", _MOVED)
    cursor = request.args.get("cursor") or None
    store, selection = service().store, record.selection
    report = store.regrades.report(record.id).page(changes, _PAGE, cursor)
    marks = list_mark_changes(store, record.id, report.items, (course, selection.assignment))
    current_revision = store.assignments.current(course, selection.assignment)
    return page(
        "staff/regrade.html",
        course=course,
        section="regrades",
        regrade=record,
        busy=not record.at_rest,
        actions=record.actions if caller.instructs else (),
        Action=Action,
        rows=[row.compare() for row in report.items],
        marks={change.student: change for change in marks},
        row_changes=list_row_changes(store, report.items),
        revision=store.assignments.get(course, selection.revision),
        current=current_revision is not None and current_revision.id == selection.revision,
        next=report.next_cursor,
        first=cursor is None,
        change=asked if asked in _CHANGES else None,
    )


@pages.get("/courses/<course>/regrades/<regrade>/report.csv")
def read_report(course: str, regrade: str) -> Response:
    """Send the whole report as a table for a spreadsheet."""
    staff(course)
    record = _find_regrade(course, regrade)
    return spreadsheet(record, service().store.regrades.report(record.id), frozenset())


@pages.get("/courses/<course>/regrades/<regrade>/apply")
def confirm_application(course: str, regrade: str) -> Response:
    """Ask for confirmation."""
    instructor(course, "read")
    record, mode = _find_regrade(course, regrade), _mode(request.args)
    return page(
        "staff/regrade_apply.html",
        course=course,
        section="regrades",
        regrade=record,
        mode=mode,
        possible=Action.APPLY in record.actions,
    )


@pages.post("/courses/<course>/regrades/<regrade>/<action>")
def act(course: str, regrade: str, action: str) -> Redirection:
    """Take the requested action, as the API does."""
    author = instructor(course).author
    record, current_service = _find_regrade(course, regrade), service()
    match action:
        case Action.APPLY:
            current_service.intake.apply(record.id, _mode(request.form), author)
        case Action.ROLL_BACK:
            current_service.intake.roll_back(record.id, author)
        case Action.CANCEL:
            current_service.store.regrades.cancel(record.id, author)
        case Action.RESUME:
            current_service.intake.resume(record.id, author)
        case _:
            raise Problem(NOT_FOUND, f"there is no {action} of a regrade")
    return redirect(f"/courses/{course}/regrades/{record.id}", 303)


def _mode(fields: Mapping[str, str]) -> Mode:
    """Return the mode that a query or a form asks for; the one that lowers nobody's marks if it is unknown."""
    mode = fields.get("mode")
    return Mode(mode) if mode in set(Mode) else Mode.NEVER_LOWER


def _find_regrade(course: str, regrade: str) -> RegradeRecord:
    record = service().store.regrades.get(regrade)
    if record is None or record.selection.course != course:
        raise Problem(NOT_FOUND, f"there is no regrade {regrade}")
    return record


def _form(course: str, assignment: str, sent: FormFields | None = None) -> Response:
    return page(
        "staff/regrade_form.html",
        422 if sent else 200,
        course=course,
        section="regrades",
        current=current(course, assignment),
        revisions=service().store.assignments.revisions(course, assignment),
        outcomes=[*Outcome],
        whiches=[*Which],
        form=Form.of("regrade", Selection, None, sent, names=_FIELDS),
    )
