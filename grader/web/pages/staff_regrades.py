"""Regrades for staff: asked for, watched, looked through, applied or not, rolled back."""

from collections.abc import Mapping

from flask import Response, redirect, request
from pydantic import ValidationError
from werkzeug.wrappers import Response as Redirection

from grader.model.verdict import Outcome
from grader.store.regrades.model import Mode, Phase, RegradeRecord, Which
from grader.store.summary import Change
from grader.web.api import regrades
from grader.web.api.regrade_report import render_comparison
from grader.web.api.regrade_schemas import Action, actions
from grader.web.api.regrades import RegradeRequest
from grader.web.http.problems import NOT_FOUND, Problem
from grader.web.http.service import service
from grader.web.pages.layout import Pages, page
from grader.web.pages.staff_assignments import current
from grader.web.pages.visitor import staff

pages = Pages("staff_regrades", __name__)

_PAGE = 50
#: Which submissions of a regrade are shown: unless said otherwise, those whose marks change.
_MOVED = frozenset({Change.UP, Change.DOWN})
_CHANGES = {"all": frozenset[Change](), **{each.value: frozenset({each}) for each in Change}}
#: Phases in which a worker is at it.
_BUSY = frozenset({Phase.PREPARING, Phase.PREVIEWING, Phase.APPLYING, Phase.ROLLING_BACK})


@pages.get("/courses/<course>/regrades")
def list_regrades(course: str) -> Response:
    """A course's, newest first."""
    staff(course)
    store = service().store
    return page(
        "staff/regrades.html",
        course=course,
        section="regrades",
        page=store.regrades.list(course, _PAGE, request.args.get("cursor") or None),
        assignments=store.assignments.list(course),
    )


@pages.get("/courses/<course>/assignments/<assignment>/regrade")
def write_regrade(course: str, assignment: str) -> Response:
    """What to grade again, and by which revision."""
    staff(course)
    return _form(course, assignment, {}, None)


@pages.post("/courses/<course>/assignments/<assignment>/regrade")
def ask_for_regrade(course: str, assignment: str) -> Response | Redirection:
    """Record it, and go and watch; or say what is wrong with it."""
    staff(course, "submit")
    since = request.form.get("since", "").strip()
    given = {
        "assignment": assignment,
        "revision": request.form.get("revision") or None,
        "outcomes": request.form.getlist("outcomes"),
        # Browsers send local times without a zone; the form says that it means UTC.
        "since": f"{since}Z" if since else None,
        "students": request.form.get("students", "").replace(",", " ").split(),
        "which": request.form.get("which", Which.ALL),
        "fresh": "fresh" in request.form,
    }
    current(course, assignment)
    try:
        body = RegradeRequest.model_validate(given)
        asked = regrades.request_regrade(course, body, None)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(each) for each in first["loc"])
        return _form(course, assignment, given, f"{where}: {first['msg']}")
    except Problem as problem:
        return _form(course, assignment, given, problem.detail)
    return redirect(f"/courses/{course}/regrades/{asked.regrade.id}", 303)


@pages.get("/courses/<course>/regrades/<regrade>")
def read_regrade(course: str, regrade: str) -> Response:
    """Where it is, and who changes."""
    staff(course)
    found = _visible(course, regrade)
    asked = request.args.get("change")
    changes = _CHANGES.get(asked or "", _MOVED)
    cursor = request.args.get("cursor") or None
    report = service().store.regrades.report(found.id).page(changes, _PAGE, cursor)
    return page(
        "staff/regrade.html",
        course=course,
        section="regrades",
        regrade=found,
        busy=found.phase in _BUSY,
        actions=actions(found),
        Action=Action,
        rows=[render_comparison(row) for row in report.items],
        next=report.next_cursor,
        first=cursor is None,
        change=asked if asked in _CHANGES else None,
    )


@pages.get("/courses/<course>/regrades/<regrade>/report.csv")
def read_report(course: str, regrade: str) -> Response:
    """All of it as a table for a spreadsheet."""
    staff(course)
    found = _visible(course, regrade)
    return regrades.spreadsheet(found, service().store.regrades.report(found.id), frozenset())


@pages.post("/courses/<course>/regrades/<regrade>/<action>")
def act(course: str, regrade: str, action: str) -> Redirection:
    """Do what was asked of it, as the API does."""
    staff(course, "submit")
    found, here = _visible(course, regrade), service()
    mode = request.form.get("mode")
    match action:
        case Action.APPLY:
            here.intake.apply(found.id, Mode(mode) if mode in set(Mode) else Mode.NEVER_LOWER)
        case Action.ROLL_BACK:
            here.intake.roll_back(found.id)
        case Action.CANCEL:
            here.store.regrades.cancel(found.id)
        case Action.RESUME:
            here.intake.resume(found.id)
        case _:
            raise Problem(NOT_FOUND, f"there is no {action} of a regrade")
    return redirect(f"/courses/{course}/regrades/{found.id}", 303)


def _visible(course: str, regrade: str) -> RegradeRecord:
    found = service().store.regrades.get(regrade)
    if found is None or found.selection.course != course:
        raise Problem(NOT_FOUND, f"there is no regrade {regrade}")
    return found


def _form(course: str, assignment: str, given: Mapping[str, object], fault: str | None) -> Response:
    return page(
        "staff/regrade_form.html",
        422 if fault else 200,
        course=course,
        section="regrades",
        current=current(course, assignment),
        revisions=service().store.assignments.revisions(course, assignment),
        outcomes=[*Outcome],
        whiches=[*Which],
        given=given,
        fault=fault,
        since=request.form.get("since", ""),
        students=request.form.get("students", ""),
    )
