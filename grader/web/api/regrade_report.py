"""What a regrade's report says of each submission, as JSON and as a table."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from grader.model.verdict import Outcome
from grader.store.regrades.model import Phase
from grader.store.regrades.report import Fate, Row
from grader.store.summary import Change, Standing
from grader.web.api.regrade_schemas import CountsTold
from grader.web.api.spreadsheets import Cell
from grader.web.api.verdict_schemas import VerdictTold
from grader.web.http.schemas import Told, moment


class Status(StrEnum):
    """Where a submission is within a regrade."""

    #: Not graded yet.
    WAITING = "waiting"
    COULD_NOT_BE_GRADED = "could_not_be_graded"
    PREVIEWED = "previewed"
    APPLIED = "applied"
    SKIPPED = "skipped"
    ROLLED_BACK = "rolled_back"
    #: Not rolled back.
    LEFT = "left"


class StandingTold(Told):
    """A verdict in short."""

    outcome: Outcome
    score: int
    max_score: int
    failing: list[str] = Field(description="Properties that failed.")


class ComparisonTold(Told):
    """How a submission stood when it was chosen, and how it would stand."""

    submission: str
    student: str
    attempt: int
    filename: str
    created_at: datetime
    change: Change | None = Field(description="Of the share of its marks; null where it is not graded.")
    before: StandingTold | None = Field(
        description="Null for a submission without a verdict: it ended as service_failed."
    )
    after: StandingTold | None
    newly_failing: list[str]
    newly_passing: list[str]
    status: Status
    reason: str | None = Field(
        description="Why it was skipped or left: changed or would_lower; or why it could not be graded."
    )


class ReportTold(Told):
    """A page of a report, newest submission first, with the figures of the whole."""

    regrade: str
    phase: Phase
    counts: CountsTold
    items: list[ComparisonTold]
    next: str | None = Field(description="The cursor of the next page; null where there is none.")


class DetailTold(ComparisonTold):
    """A submission with both verdicts in full."""

    verdict_before: VerdictTold | None = Field(description="The one that held when it was chosen.")
    verdict_after: VerdictTold | None = Field(description="This regrade's.")


#: What `cells` are called.
HEADER = (
    *("submission", "student", "attempt", "filename", "created_at", "change"),
    *("before_outcome", "before_score", "before_max_score"),
    *("after_outcome", "after_score", "after_max_score"),
    *("newly_failing", "newly_passing", "status", "reason"),
)


def compared(row: Row) -> ComparisonTold:
    """One submission."""
    status, reason = _status(row)
    return ComparisonTold(
        submission=row.submission,
        student=row.entry.student,
        attempt=row.entry.attempt,
        filename=row.entry.filename,
        created_at=moment(row.entry.created),
        change=row.change,
        before=_standing(row.entry.before),
        after=_standing(row.after),
        newly_failing=list(row.newly_failing),
        newly_passing=list(row.newly_passing),
        status=status,
        reason=reason,
    )


def cells(row: Row) -> tuple[Cell, ...]:
    """The same as a row of a table."""
    status, reason = _status(row)
    created = moment(row.entry.created).isoformat(timespec="milliseconds")
    return (
        *(row.submission, row.entry.student, row.entry.attempt, row.entry.filename, created, row.change),
        *_short(row.entry.before),
        *_short(row.after),
        *(" ".join(row.newly_failing), " ".join(row.newly_passing), status, reason),
    )


def _status(row: Row) -> tuple[Status, str | None]:
    match row.fate:
        case None if row.failure is not None:
            return Status.COULD_NOT_BE_GRADED, row.failure
        case None:
            return (Status.WAITING if row.after is None else Status.PREVIEWED), None
        case Fate.CHANGED | Fate.WOULD_LOWER:
            return Status.SKIPPED, row.fate
        case Fate.LEFT:
            return Status.LEFT, Fate.CHANGED
        case Fate.APPLIED:
            return Status.APPLIED, None
        case Fate.ROLLED_BACK:
            return Status.ROLLED_BACK, None


def _standing(standing: Standing | None) -> StandingTold | None:
    if standing is None or not standing.graded:
        return None
    return StandingTold(
        outcome=Outcome(standing.outcome),
        score=standing.score,
        max_score=standing.max_score,
        failing=list(standing.failing),
    )


def _short(standing: Standing | None) -> Iterator[Cell]:
    if standing is None or not standing.graded:
        yield from (None, None, None)
    else:
        yield from (standing.outcome, standing.score, standing.max_score)
