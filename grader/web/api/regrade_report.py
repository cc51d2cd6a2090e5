"""The rows of a regrade's report, one for each submission, as JSON and as a table."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from backmark.grader.model.verdict import Outcome, Verdict
from backmark.grader.reports.spreadsheets import Cell
from backmark.grader.store.regrades.model import Phase
from backmark.grader.store.regrades.report import Disposition, ReportRow
from backmark.grader.store.summary import Change, VerdictSummary
from backmark.grader.web.api.regrade_schemas import CountsResponse
from backmark.grader.web.http.schemas import ResponseModel, moment


class Status(StrEnum):
    """The state of a submission within a regrade."""

    #: The submission has not been graded yet.
    WAITING = "waiting"
    COULD_NOT_BE_GRADED = "could_not_be_graded"
    PREVIEWED = "previewed"
    APPLIED = "applied"
    SKIPPED = "skipped"
    ROLLED_BACK = "rolled_back"
    #: The submission was not rolled back.
    LEFT = "left"


class VerdictSummaryResponse(ResponseModel):
    """A verdict in brief."""

    outcome: Outcome
    score: int | None = Field(description="Null for a file that was refused before it ran.")
    max_score: int | None
    failing: list[str] = Field(description="The properties that failed.")


class ComparisonResponse(ResponseModel):
    """The result of a submission when it was selected, and its result after the regrade."""

    submission: str
    student: str
    attempt: int | None
    filename: str
    created_at: datetime
    change: Change | None = Field(description="How its share of the marks changes; null if it is not graded.")
    before: VerdictSummaryResponse | None = Field(
        description="Null if it had no verdict because it ended as service_failed."
    )
    after: VerdictSummaryResponse | None
    newly_failing: list[str]
    newly_passing: list[str]
    status: Status
    reason: str | None = Field(
        description="Why it was skipped or left (changed or would_lower), or why it could not be graded."
    )


class ReportResponse(ResponseModel):
    """A page of a report, newest submission first, with the counts of the whole regrade."""

    regrade: str
    phase: Phase
    counts: CountsResponse
    items: list[ComparisonResponse]
    next: str | None = Field(description="The cursor of the next page; null if there is none.")


class DetailResponse(ComparisonResponse):
    """A submission of a regrade with both verdicts in full."""

    verdict_before: Verdict | None = Field(description="The verdict in force when the submission was selected.")
    verdict_after: Verdict | None = Field(description="The verdict of this regrade.")


#: The column names of `cells`.
HEADER = (
    *("submission", "student", "attempt", "filename", "created_at", "change"),
    *("before_outcome", "before_score", "before_max_score"),
    *("after_outcome", "after_score", "after_max_score"),
    *("newly_failing", "newly_passing", "status", "reason"),
)


def render_comparison(row: ReportRow) -> ComparisonResponse:
    """Return the row of one submission as JSON."""
    status, reason = _status(row)
    return ComparisonResponse(
        submission=row.submission,
        student=row.entry.student,
        attempt=row.entry.attempt,
        filename=row.entry.filename,
        created_at=moment(row.entry.created),
        change=row.change,
        before=_render_summary(row.entry.before),
        after=_render_summary(row.after),
        newly_failing=list(row.newly_failing),
        newly_passing=list(row.newly_passing),
        status=status,
        reason=reason,
    )


def cells(row: ReportRow) -> tuple[Cell, ...]:
    """Return the row of one submission as cells of a table."""
    status, reason = _status(row)
    created = moment(row.entry.created).isoformat(timespec="milliseconds")
    return (
        *(row.submission, row.entry.student, row.entry.attempt, row.entry.filename, created, row.change),
        *_summary_cells(row.entry.before),
        *_summary_cells(row.after),
        *(" ".join(row.newly_failing), " ".join(row.newly_passing), status, reason),
    )


def _status(row: ReportRow) -> tuple[Status, str | None]:
    match row.fate:
        case None if row.failure is not None:
            return Status.COULD_NOT_BE_GRADED, row.failure
        case None:
            return (Status.WAITING if row.after is None else Status.PREVIEWED), None
        case Disposition.CHANGED | Disposition.WOULD_LOWER:
            return Status.SKIPPED, row.fate
        case Disposition.LEFT:
            return Status.LEFT, Disposition.CHANGED
        case Disposition.APPLIED:
            return Status.APPLIED, None
        case Disposition.ROLLED_BACK:
            return Status.ROLLED_BACK, None


def _render_summary(summary: VerdictSummary | None) -> VerdictSummaryResponse | None:
    if summary is None or not summary.graded:
        return None
    return VerdictSummaryResponse(
        outcome=Outcome(summary.outcome),
        score=None if summary.refused else summary.score,
        max_score=None if summary.refused else summary.max_score,
        failing=list(summary.failing),
    )


def _summary_cells(summary: VerdictSummary | None) -> Iterator[Cell]:
    brief = _render_summary(summary)
    yield from (None, None, None) if brief is None else (brief.outcome, brief.score, brief.max_score)
