"""Regrades as change requests: asked for, previewed, looked at, applied or not, and rolled back."""

import itertools
import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from flask import Response, request
from pydantic import AfterValidator, AwareDatetime, Field

from grader.model.records import Scope
from grader.model.verdict import Outcome
from grader.store.regrades.model import Mode, Regrade, Selection, Which
from grader.store.regrades.report import Report
from grader.store.regrades.store import Asked as Recorded
from grader.store.summary import Change
from grader.web.api import spreadsheets
from grader.web.api.regrade_report import HEADER, DetailTold, ReportTold, cells, compared
from grader.web.api.regrade_schemas import RegradesTold, RegradeTold, counted, told
from grader.web.http import responses as answers
from grader.web.http.auth import caller
from grader.web.http.idempotency import Keyed, claimed
from grader.web.http.problems import (
    CONFLICT,
    INVALID,
    KEY_REUSED,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    UNKNOWN_ASSIGNMENT,
    Fault,
    Problem,
)
from grader.web.http.resource import ACCEPTED, PREFIX, TAGGED, Answer, Noun
from grader.web.http.schemas import Asked, Id, Name, PageQuery, Query, Student
from grader.web.http.service import service

noun = Noun("regrades", __name__, says="Change requests: previewed beside the verdicts that hold, then applied or not.")

_JSON, _CSV = "application/json", "text/csv"
#: Students that a request may name one by one.
_MOST_STUDENTS = 1000
#: Between them everything was handed in, and they can be told in every time zone.
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
#: What leads from the answer to what can be asked next.
_LEADS = {"read_regrade": "regrade_id", "read_report": "regrade_id", "cancel_regrade": "regrade_id"}


def _tellable(given: datetime) -> datetime:
    return min(max(given, _FIRST), _LAST)


class RegradeAsked(Asked):
    """What is to be graded again, and by what. What is left out may be anything."""

    assignment: Name
    revision: Id | None = Field(
        default=None, description="What it is graded against; the assignment's current one, where it is left out."
    )
    outcomes: list[Outcome] = Field(default=[], max_length=len(Outcome), description="Only with one of these now.")
    since: Annotated[AwareDatetime, AfterValidator(_tellable)] | None = Field(
        default=None, description="Only what was handed in then or later."
    )
    students: list[Student] = Field(default=[], max_length=_MOST_STUDENTS, description="Only theirs.")
    which: Which = Field(
        default=Which.ALL,
        description="Of each student's submissions with a verdict, or that ended as service_failed: all, the latest, "
        "or the best. The latest or best is picked first, and passed over where it does not fit the rest.",
    )
    fresh: bool = Field(
        default=False, description="Grade everything anew, rather than by what an identical source was given before."
    )
    course: Name | None = Field(default=None, description="For tokens with the scope admin; else the token's own.")


class ApplicationAsked(Asked):
    """How a regrade is applied."""

    mode: Mode = Field(description="All of it, or only where nobody loses marks.")


class RegradePath(Asked):
    """Which regrade."""

    regrade_id: Id


class ComparisonPath(RegradePath):
    """Which of its submissions."""

    submission_id: Id


class ReportQuery(Query):
    """Which submissions of a regrade, and how."""

    change: str | None = Field(
        default=None,
        pattern=r"^(up|down|same)(,(up|down|same)){0,2}$",
        description="Only those that change so: one or more of up, down and same, with commas between.",
    )
    format: Literal["json", "csv"] | None = Field(
        default=None, description="A page as JSON, or all of it as a table; else what Accept names."
    )
    limit: int = Field(default=50, ge=1, le=200, description="How many at most. Of JSON only.")
    cursor: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="Where to go on: `next` of the page before, as it is.",
    )


@noun.operation(
    "POST",
    "/regrades",
    scope=Scope.STAFF,
    weight="submit",
    answers={202: Answer(RegradeTold, says="Recorded; its preview comes.", headers=ACCEPTED, leads=_LEADS)},
    problems=(UNKNOWN_ASSIGNMENT, KEY_REUSED),
)
def ask_for_regrade(header: Keyed, body: RegradeAsked) -> Response:
    """Ask for a regrade: a preview, that changes nothing until it is applied.

    Asked again for the same, it is the same one, as long as that stands for the same; `Idempotency-Replayed` says so.
    An Idempotency-Key is not needed for that, also where this server wants one of other requests.
    """
    found = asked(caller().course(body.course), body, header)
    return answers.accepted(told(found.regrade), _place(found.regrade), replayed=found.same)


@noun.operation(
    "GET",
    "/regrades",
    scope=Scope.STAFF,
    answers={200: Answer(RegradesTold, says="A page, newest first.", paged=True)},
)
def list_regrades(query: PageQuery) -> Response:
    """List the regrades of a course."""
    page = service().store.regrades.list(caller().course(query.course), query.limit, query.cursor)
    return answers.page(
        RegradesTold(items=[told(each) for each in page.items], next=page.next_cursor), page.next_cursor
    )


@noun.operation(
    "GET",
    "/regrades/<regrade_id>",
    scope=Scope.STAFF,
    answers={200: Answer(RegradeTold, says="Where it is, and how many change.", headers=TAGGED)},
)
def read_regrade(path: RegradePath) -> Response:
    """Read a regrade."""
    return answers.thing(told(_visible(path.regrade_id)))


@noun.operation(
    "GET",
    "/regrades/<regrade_id>/report",
    scope=Scope.STAFF,
    answers={200: Answer(ReportTold, says="Who changes, and why.", paged=True, other=(_CSV,))},
    problems=(NOT_ACCEPTABLE,),
)
def read_report(path: RegradePath, query: ReportQuery) -> Response:
    """Read who changes and why: a page as JSON, or all of it as CSV that is safe to open in a spreadsheet."""
    as_table = _as_table(query.format)
    found = _visible(path.regrade_id)
    report = service().store.regrades.report(found.id)
    changes = frozenset(Change(each) for each in query.change.split(",")) if query.change else frozenset[Change]()
    if as_table:
        return spreadsheet(found, report, changes)
    page = report.page(changes, query.limit, query.cursor)
    body = ReportTold(
        regrade=found.id,
        phase=found.phase,
        counts=counted(found.counts),
        items=[compared(row) for row in page.items],
        next=page.next_cursor,
    )
    return answers.page(body, page.next_cursor)


@noun.operation(
    "GET",
    "/regrades/<regrade_id>/report/<submission_id>",
    scope=Scope.STAFF,
    answers={200: Answer(DetailTold, says="Both verdicts.", headers=TAGGED)},
)
def read_comparison(path: ComparisonPath) -> Response:
    """Read both verdicts on a submission: the one that held when it was chosen, and this regrade's."""
    regrades, submissions = service().store.regrades, service().store.submissions
    found = _visible(path.regrade_id)
    row = next(iter(regrades.report(found.id).rows([path.submission_id])), None)
    if row is None:
        raise Problem(NOT_FOUND, f"there is no submission {path.submission_id} in the regrade {found.id}")
    body: dict[str, Any] = compared(row).model_dump(mode="json")
    body["verdict_before"] = submissions.verdict(row.submission, row.entry.verdict)
    after = regrades.units.verdict(row.entry.unit)
    if after is not None:
        after["submission"] |= {"id": row.submission, "filename": row.entry.filename}
    body["verdict_after"] = after
    return answers.thing(json.dumps(body, separators=(",", ":")).encode())


@noun.operation(
    "POST",
    "/regrades/<regrade_id>/apply",
    scope=Scope.STAFF,
    weight="submit",
    answers={202: Answer(RegradeTold, says="A worker applies it, or did.", headers=ACCEPTED)},
    problems=(CONFLICT,),
)
def apply_regrade(path: RegradePath, body: ApplicationAsked) -> Response:
    """Apply what was previewed. A submission whose verdict is another by now is left as it is, and listed."""
    found = service().intake.apply(_visible(path.regrade_id).id, body.mode)
    return answers.accepted(told(found), _place(found))


@noun.operation(
    "POST",
    "/regrades/<regrade_id>/rollback",
    scope=Scope.STAFF,
    weight="submit",
    answers={202: Answer(RegradeTold, says="A worker rolls it back, or did.", headers=ACCEPTED)},
    problems=(CONFLICT,),
)
def roll_back_regrade(path: RegradePath) -> Response:
    """Let hold again what held before, wherever this regrade's verdict still does; the others are listed.

    While it is being applied, this ends that.
    """
    found = service().intake.roll_back(_visible(path.regrade_id).id)
    return answers.accepted(told(found), _place(found))


@noun.operation(
    "POST",
    "/regrades/<regrade_id>/cancel",
    scope=Scope.STAFF,
    answers={200: Answer(RegradeTold, says="It rests.", headers=TAGGED)},
    problems=(CONFLICT,),
)
def cancel_regrade(path: RegradePath) -> Response:
    """Cancel a regrade that is not applied. What is graded already stays, for when it is resumed."""
    found = service().store.regrades.cancel(_visible(path.regrade_id).id)
    return answers.thing(told(found))


@noun.operation(
    "POST",
    "/regrades/<regrade_id>/resume",
    scope=Scope.STAFF,
    weight="submit",
    answers={202: Answer(RegradeTold, says="It goes on.", headers=ACCEPTED)},
    problems=(CONFLICT,),
)
def resume_regrade(path: RegradePath) -> Response:
    """Go on where a regrade was cancelled or failed, and try again what could not be graded."""
    found = service().intake.resume(_visible(path.regrade_id).id)
    return answers.accepted(told(found), _place(found))


def asked(course: str, body: RegradeAsked, header: Keyed | None) -> Recorded:
    """Record a regrade of a course, or find the one that was asked for before; a worker hears of it."""
    selection = Selection(
        course=course,
        assignment=body.assignment,
        revision=_revision(course, body),
        outcomes=tuple(body.outcomes),
        since=None if body.since is None else body.since.timestamp(),
        students=tuple(body.students),
        which=body.which,
        fresh=body.fresh,
    )
    key = claimed(header, selection.fingerprint()) if header and header.key else None
    return service().intake.regrade(selection, key)


def spreadsheet(found: Regrade, report: Report, changes: frozenset[Change]) -> Response:
    """A report as a table, in pieces; where the store cannot read the first, a problem and no broken table."""
    rows = report.all(changes)
    first = list(itertools.islice(rows, 1))
    pieces = spreadsheets.table(HEADER, (cells(row) for row in itertools.chain(first, rows)))
    answer = Response(pieces, content_type=spreadsheets.CONTENT_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="regrade-{found.id}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _visible(regrade: str) -> Regrade:
    found = service().store.regrades.get(regrade)
    if found is None or not caller().sees(found.selection.course):
        raise Problem(NOT_FOUND, f"there is no regrade {regrade}")
    return found


def _revision(course: str, body: RegradeAsked) -> str:
    """The revision that is meant, if it is the assignment's."""
    assignments = service().store.assignments
    current = assignments.current(course, body.assignment)
    if current is None:
        raise Problem(UNKNOWN_ASSIGNMENT, f"there is no assignment {body.assignment} in the course {course}")
    if body.revision is None:
        return current.id
    found = assignments.get(course, body.revision)
    if found is None or found.assignment_id != body.assignment:
        detail = f"there is no revision {body.revision} of {body.assignment}"
        raise Problem(INVALID, f"/revision: {detail}", errors=(Fault("pointer", "/revision", detail),))
    return found.id


def _place(found: Regrade) -> str:
    return f"{PREFIX}/regrades/{found.id}"


def _as_table(asked: str | None) -> bool:
    if asked is not None or not request.accept_mimetypes:
        return asked == "csv"
    best = request.accept_mimetypes.best_match([_JSON, _CSV])
    if best is None:
        raise Problem(NOT_ACCEPTABLE, f"a report can be had as {_JSON} and {_CSV}")
    return bool(best == _CSV)
