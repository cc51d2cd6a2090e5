"""The JSON of a regrade: its phase, progress and counts, and the possible actions."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from backmark.grader.model.verdict import Outcome
from backmark.grader.store.regrades.model import Mode, Phase, RegradeCounts, RegradeRecord, Which
from backmark.grader.web.http.schemas import ResponseModel, moment, moment_or_none


class Action(StrEnum):
    """An action on a regrade, by the last part of its address."""

    APPLY = "apply"
    CANCEL = "cancel"
    RESUME = "resume"
    ROLL_BACK = "rollback"


class ProgressResponse(ResponseModel):
    """The progress of the current step: distinct sources while selecting and previewing, else submissions."""

    total: int | None = Field(description="Null while submissions are selected; counts has those that are.")
    done: int
    failed: int = Field(description="The number of sources that could not be graded.")


class SkippedResponse(ResponseModel):
    """The number of submissions that were left as they were, by reason."""

    changed: int = Field(description="Their verdict is no longer the one that was compared in the preview.")
    would_lower: int = Field(description="They would have lost marks, and the mode is never_lower.")
    deleted: int


class CountsResponse(ResponseModel):
    """The number of submissions in each state, unless stated otherwise."""

    submissions: int
    sources: int = Field(description="The number of distinct sources; each is graded once.")
    up: int
    down: int
    same: int
    could_not_be_graded: int = Field(
        description="Because the service failed: they keep their marks, and resume retries them."
    )
    skipped: int
    skipped_because: SkippedResponse
    applied: int = Field(description="They have this regrade's verdict, and were not rolled back.")
    rolled_back: int
    left: int = Field(description="Not rolled back, because another verdict has replaced this regrade's.")
    newly_failing: dict[str, int] = Field(description="The number of submissions by property.")
    newly_passing: dict[str, int] = Field(description="The number of submissions by property.")


class RegradeResponse(ResponseModel):
    """A regrade."""

    id: str
    course: str
    assignment: str
    revision: str
    outcomes: list[Outcome]
    since: datetime | None
    students: list[str] = Field(description="(deleted) stands for a student who has been deleted since.")
    which: Which
    fresh: bool
    phase: Phase
    stopped_in: Phase | None = Field(
        description="The phase in which it was cancelled or failed; resume continues from there."
    )
    failure: str | None = Field(description="Why it failed.")
    mode: Mode | None = Field(description="How it is applied; null until then.")
    created_at: datetime
    changed_at: datetime = Field(description="When its phase last changed.")
    progress: ProgressResponse
    eta_seconds: float | None = Field(description="Estimated time until the step is done; null while unknown.")
    counts: CountsResponse
    actions: list[Action] = Field(description="The actions that are possible now.")


class RegradesResponse(ResponseModel):
    """A page of regrades, newest first."""

    items: list[RegradeResponse]
    next: str | None = Field(description="The cursor of the next page; null if there is none.")


def render_regrade(regrade: RegradeRecord) -> RegradeResponse:
    """Return a regrade as JSON."""
    selection, progress = regrade.selection, regrade.progress
    return RegradeResponse(
        id=regrade.id,
        course=selection.course,
        assignment=selection.assignment,
        revision=selection.revision,
        outcomes=[Outcome(outcome) for outcome in selection.outcomes],
        since=moment_or_none(selection.since),
        students=list(selection.students),
        which=selection.which,
        fresh=selection.fresh,
        phase=regrade.phase,
        stopped_in=regrade.stopped_in,
        failure=regrade.failure,
        mode=regrade.mode,
        created_at=moment(regrade.created),
        changed_at=moment(regrade.changed),
        progress=ProgressResponse(total=progress.total, done=progress.done, failed=progress.failed),
        eta_seconds=None if progress.eta is None else round(progress.eta, 1),
        counts=render_counts(regrade.counts),
        actions=actions(regrade),
    )


def render_counts(counts: RegradeCounts) -> CountsResponse:
    """Return the counts of a regrade as JSON."""
    return CountsResponse(
        submissions=counts.submissions,
        sources=counts.sources,
        up=counts.up,
        down=counts.down,
        same=counts.same,
        could_not_be_graded=counts.could_not_be_graded,
        skipped=counts.skipped,
        skipped_because=SkippedResponse(changed=counts.changed, would_lower=counts.would_lower, deleted=counts.deleted),
        applied=counts.applied,
        rolled_back=counts.rolled_back,
        left=counts.left,
        newly_failing=counts.newly_failing,
        newly_passing=counts.newly_passing,
    )


#: The possible actions in a phase; also used for the phase in which a regrade stopped.
_ACTIONS = {
    Phase.PREPARING: [Action.CANCEL],
    Phase.PREVIEWING: [Action.CANCEL],
    Phase.PREVIEWED: [Action.APPLY, Action.CANCEL],
    Phase.APPLYING: [Action.ROLL_BACK],
    Phase.APPLIED: [Action.ROLL_BACK],
    Phase.CANCELLED: [Action.RESUME],
}


def actions(regrade: RegradeRecord) -> list[Action]:
    """Return the actions that are possible now."""
    if regrade.phase is Phase.FAILED:
        stopped = [] if regrade.stopped_in is None else _ACTIONS.get(regrade.stopped_in, [])
        return [*stopped, Action.RESUME]
    again = regrade.phase in {Phase.PREPARING, Phase.PREVIEWING, Phase.PREVIEWED} and regrade.progress.failed
    return [*_ACTIONS.get(regrade.phase, []), *([Action.RESUME] if again else [])]
