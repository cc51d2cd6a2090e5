"""Regrades as change requests: requested, previewed, reviewed, applied or cancelled, and rolled back."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from flask import Response
from pydantic import AfterValidator, AwareDatetime, Field

from backmark.grader.model.records import Scope
from backmark.grader.model.regrades import (
    Change,
    ComparisonRecord,
    Mode,
    Phase,
    RegradeCounts,
    RegradeRecord,
    Selection,
)
from backmark.grader.model.verdict import Verdict
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.idempotency import IdempotencyHeader
from backmark.grader.web.http.nouns import extend_response, list_model, request_model, response_model, serve
from backmark.grader.web.http.problems import (
    CONFLICT,
    KEY_REUSED,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    UNKNOWN_ASSIGNMENT,
    Problem,
)
from backmark.grader.web.http.resource import ACCEPTED, PREFIX, TAGGED, Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_accepted, respond_list, respond_tagged
from backmark.grader.web.http.schemas import CSV, Cursor, Id, OwnCourse, PageQuery, RequestModel
from backmark.grader.web.http.tables import TableQuery, wants_table
from backmark.grader.web.service import service
from backmark.grader.web.usecases.regrades import request_regrade, spreadsheet

resource = Resource(
    "regrades",
    __name__,
    description="Grading submissions again: new verdicts are previewed beside the current ones, then applied or not.",
)

#: Bounds that hold every submission, and that can be shown in every time zone.
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
#: Links from the response to the operations that follow.
_LEADS = {"read_regrade": "regrade_id", "read_report": "regrade_id", "cancel_regrade": "regrade_id"}


def _clamp(moment: datetime) -> datetime:
    return min(max(moment, _FIRST), _LAST)


class RegradeRequest(request_model(Selection)):  # type: ignore[misc] # made of the noun
    """The submissions to grade again, and the revision to grade them against. A field left out restricts nothing."""

    revision: Id | None = Field(
        default=None, description="The revision to grade against; by default the assignment's current one."
    )
    since: Annotated[AwareDatetime, AfterValidator(_clamp)] | None = Field(
        default=None, description="Only submissions created then or later."
    )
    course: OwnCourse = None


_RegradesResponse = list_model(RegradeRecord, "A page of regrades, newest first.", name="RegradesResponse", paged=True)
_ReportResponse = list_model(
    ComparisonRecord,
    "A page of a report, newest submission first, with the counts of the whole regrade.",
    name="ReportResponse",
    paged=True,
    regrade=str,
    phase=Phase,
    counts=response_model(RegradeCounts),
)
_DetailResponse = extend_response(
    ComparisonRecord,
    "DetailResponse",
    "A submission of a regrade with both verdicts in full.",
    verdict_before=(
        Verdict | None,
        Field(description="The verdict in force when the submission was selected."),
    ),
    verdict_after=(Verdict | None, Field(description="The verdict of this regrade.")),
)


class ApplicationRequest(RequestModel):
    """The way in which a regrade is applied."""

    mode: Mode = Field(description="Apply all verdicts, or only those that lower no marks.")


class RegradePath(RequestModel):
    """The path of a regrade."""

    regrade_id: Id


class ComparisonPath(RegradePath):
    """The path of a submission in a regrade."""

    submission_id: Id


class ReportQuery(TableQuery):
    """The query of a regrade's report."""

    change: str | None = Field(
        default=None,
        pattern=r"^(up|down|same)(,(up|down|same)){0,2}$",
        description="Only submissions with these changes: one or more of up, down and same, separated by commas.",
    )
    limit: int = Field(default=50, ge=1, le=200, description="The largest number of items in a JSON page.")
    cursor: Cursor = None


@resource.operation(
    "POST",
    "/regrades",
    scope=Scope.STAFF,
    weight="submit",
    responses={
        202: ResponseDoc(
            response_model(RegradeRecord),
            description="Recorded; a worker prepares the preview.",
            headers=ACCEPTED,
            links=_LEADS,
        )
    },
    problems=(UNKNOWN_ASSIGNMENT, KEY_REUSED),
)
def ask_for_regrade(header: IdempotencyHeader, body: RegradeRequest) -> Response:
    """Request a regrade: a preview that changes nothing until it is applied.

    Repeating the request returns the same regrade while it still has the same meaning; `Idempotency-Replayed` says so.
    No Idempotency-Key is needed, even if this server requires the key for other requests.
    """
    selection = Selection(
        course=caller().course(body.course),
        assignment=body.assignment,
        revision=body.revision or "",
        outcomes=tuple(body.outcomes),
        since=None if body.since is None else body.since.timestamp(),
        students=tuple(body.students),
        which=body.which,
        fresh=body.fresh,
    )
    recorded = request_regrade(selection, header)
    return respond_accepted(serve(recorded.regrade), _location(recorded.regrade), replayed=recorded.same)


@resource.operation(
    "GET",
    "/regrades",
    scope=Scope.ASSIST,
    responses={200: ResponseDoc(_RegradesResponse, description="A page, newest first.", paged=True)},
)
def list_regrades(query: PageQuery) -> Response:
    """List the regrades of a course."""
    page = service().store.regrades.list(caller().course(query.course), query.limit, query.cursor)
    return respond_list(_RegradesResponse, map(serve, page.items), page.next_cursor)


@resource.operation(
    "GET",
    "/regrades/<regrade_id>",
    scope=Scope.ASSIST,
    responses={
        200: ResponseDoc(
            response_model(RegradeRecord),
            description="The regrade: its phase, and how many verdicts change.",
            headers=TAGGED,
        )
    },
)
def read_regrade(path: RegradePath) -> Response:
    """Read a regrade."""
    return respond_tagged(serve(_visible_regrade(path.regrade_id)))


@resource.operation(
    "GET",
    "/regrades/<regrade_id>/report",
    scope=Scope.ASSIST,
    responses={
        200: ResponseDoc(
            _ReportResponse,
            description="The submissions whose verdict changes, and why.",
            paged=True,
            media_types=(CSV,),
        )
    },
    problems=(NOT_ACCEPTABLE,),
)
def read_report(path: RegradePath, query: ReportQuery) -> Response:
    """Read which verdicts change and why: a page as JSON, or all as CSV that is safe to open in a spreadsheet."""
    as_table = wants_table(query.format)
    regrade = _visible_regrade(path.regrade_id)
    report = service().store.regrades.report(regrade.id)
    changes = frozenset(Change(change) for change in query.change.split(",")) if query.change else frozenset[Change]()
    if as_table:
        return spreadsheet(regrade, report, changes)
    page = report.page(changes, query.limit, query.cursor)
    items = (serve(row.compare()) for row in page.items)
    others = {"regrade": regrade.id, "phase": regrade.phase, "counts": serve(regrade.counts)}
    return respond_list(_ReportResponse, items, page.next_cursor, **others)


@resource.operation(
    "GET",
    "/regrades/<regrade_id>/report/<submission_id>",
    scope=Scope.ASSIST,
    responses={200: ResponseDoc(_DetailResponse, description="Both verdicts.", headers=TAGGED)},
)
def read_comparison(path: ComparisonPath) -> Response:
    """Read both verdicts on a submission: the one in force when it was selected, and this regrade's."""
    regrades, submissions = service().store.regrades, service().store.submissions
    regrade = _visible_regrade(path.regrade_id)
    row = next(iter(regrades.report(regrade.id).rows([path.submission_id])), None)
    if row is None:
        raise Problem(NOT_FOUND, f"there is no submission {path.submission_id} in the regrade {regrade.id}")
    body: dict[str, Any] = serve(row.compare()).model_dump(mode="json")
    before, after = submissions.verdict(row.submission, row.entry.verdict), regrades.units.verdict(row.entry.unit)
    body["verdict_before"] = None if before is None else before.as_dict()
    body["verdict_after"] = None if after is None else after.with_identity(row.submission, row.entry.filename).as_dict()
    return respond_tagged(json.dumps(body, separators=(",", ":")).encode())


@resource.operation(
    "POST",
    "/regrades/<regrade_id>/apply",
    scope=Scope.STAFF,
    weight="submit",
    responses={
        202: ResponseDoc(
            response_model(RegradeRecord), description="Queued to be applied, or applied already.", headers=ACCEPTED
        )
    },
    problems=(CONFLICT,),
)
def apply_regrade(path: RegradePath, body: ApplicationRequest) -> Response:
    """Apply the previewed verdicts. A submission whose verdict changed in between stays unchanged, and is listed."""
    regrade = service().intake.apply(_visible_regrade(path.regrade_id).id, body.mode, caller().author)
    return respond_accepted(serve(regrade), _location(regrade))


@resource.operation(
    "POST",
    "/regrades/<regrade_id>/rollback",
    scope=Scope.STAFF,
    weight="submit",
    responses={
        202: ResponseDoc(
            response_model(RegradeRecord),
            description="Queued to be rolled back, or rolled back already.",
            headers=ACCEPTED,
        )
    },
    problems=(CONFLICT,),
)
def roll_back_regrade(path: RegradePath) -> Response:
    """Restore the previous verdicts, except where another one has replaced this regrade's; the report lists those.

    If the regrade is being applied, applying stops.
    """
    regrade = service().intake.roll_back(_visible_regrade(path.regrade_id).id, caller().author)
    return respond_accepted(serve(regrade), _location(regrade))


@resource.operation(
    "POST",
    "/regrades/<regrade_id>/cancel",
    scope=Scope.STAFF,
    responses={200: ResponseDoc(response_model(RegradeRecord), description="Cancelled.", headers=TAGGED)},
    problems=(CONFLICT,),
)
def cancel_regrade(path: RegradePath) -> Response:
    """Cancel a regrade that is not applied. Its new verdicts are kept in case the regrade is resumed."""
    regrade = service().store.regrades.cancel(_visible_regrade(path.regrade_id).id, caller().author)
    return respond_tagged(serve(regrade))


@resource.operation(
    "POST",
    "/regrades/<regrade_id>/resume",
    scope=Scope.STAFF,
    weight="submit",
    responses={202: ResponseDoc(response_model(RegradeRecord), description="Resumed.", headers=ACCEPTED)},
    problems=(CONFLICT,),
)
def resume_regrade(path: RegradePath) -> Response:
    """Resume a cancelled or failed regrade where it stopped, and retry the sources that could not be graded."""
    regrade = service().intake.resume(_visible_regrade(path.regrade_id).id, caller().author)
    return respond_accepted(serve(regrade), _location(regrade))


def _visible_regrade(regrade_id: str) -> RegradeRecord:
    regrade = service().store.regrades.get(regrade_id)
    if regrade is None or not caller().sees(regrade.selection.course):
        raise Problem(NOT_FOUND, f"there is no regrade {regrade_id}")
    return regrade


def _location(regrade: RegradeRecord) -> str:
    return f"{PREFIX}/regrades/{regrade.id}"
