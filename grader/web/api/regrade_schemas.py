"""What is said of a regrade: where it is, how far, how many change, and what can be done with it."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from grader.model.verdict import Outcome
from grader.store.regrades.model import Counts, Mode, Phase, Regrade, Which
from grader.web.http.schemas import Told, moment, moment_or_none


class Action(StrEnum):
    """What can be asked of a regrade, by the last part of its address."""

    APPLY = "apply"
    CANCEL = "cancel"
    RESUME = "resume"
    ROLL_BACK = "rollback"


class ProgressTold(Told):
    """How far the step is that goes on: distinct sources while previewing, else submissions."""

    total: int | None = Field(description="Null while it is not known yet.")
    done: int
    failed: int = Field(description="Sources that could not be graded.")


class SkippedTold(Told):
    """Submissions that were left as they were, by the reason."""

    changed: int = Field(description="Another verdict holds than the one that was previewed.")
    would_lower: int = Field(description="They would have lost marks, and the mode is never_lower.")
    deleted: int


class CountsTold(Told):
    """How many submissions, unless said otherwise."""

    submissions: int
    sources: int = Field(description="Distinct sources among them: each is graded once.")
    up: int
    down: int
    same: int
    could_not_be_graded: int = Field(description="By our own failure: they keep their marks; resume tries again.")
    skipped: int
    skipped_because: SkippedTold
    applied: int = Field(description="That were given this regrade's verdict, and were not rolled back.")
    rolled_back: int
    left: int = Field(description="Not rolled back: another verdict holds by now.")
    newly_failing: dict[str, int] = Field(description="By property.")
    newly_passing: dict[str, int] = Field(description="By property.")


class RegradeTold(Told):
    """A regrade."""

    id: str
    course: str
    assignment: str
    revision: str
    outcomes: list[Outcome]
    since: datetime | None
    students: list[str] = Field(description="(deleted) stands for one who was deleted since.")
    which: Which
    fresh: bool
    phase: Phase
    stopped_in: Phase | None = Field(description="Where it was cancelled or failed: resume goes on from there.")
    failure: str | None = Field(description="Why it failed.")
    mode: Mode | None = Field(description="How it is applied.")
    created_at: datetime
    changed_at: datetime = Field(description="When its phase changed last.")
    progress: ProgressTold
    eta_seconds: float | None = Field(description="Until the step should be through; null while nobody can tell.")
    counts: CountsTold
    actions: list[Action] = Field(description="What can be asked of it now.")


class RegradesTold(Told):
    """A page of regrades, newest first."""

    items: list[RegradeTold]
    next: str | None = Field(description="The cursor of the next page; null where there is none.")


def told(found: Regrade) -> RegradeTold:
    """The whole of one."""
    chosen, progress = found.selection, found.progress
    return RegradeTold(
        id=found.id,
        course=chosen.course,
        assignment=chosen.assignment,
        revision=chosen.revision,
        outcomes=[Outcome(each) for each in chosen.outcomes],
        since=moment_or_none(chosen.since),
        students=list(chosen.students),
        which=chosen.which,
        fresh=chosen.fresh,
        phase=found.phase,
        stopped_in=found.stopped_in,
        failure=found.failure,
        mode=found.mode,
        created_at=moment(found.created),
        changed_at=moment(found.changed),
        progress=ProgressTold(total=progress.total, done=progress.done, failed=progress.failed),
        eta_seconds=None if progress.eta is None else round(progress.eta, 1),
        counts=counted(found.counts),
        actions=actions(found),
    )


def counted(counts: Counts) -> CountsTold:
    """The figures of one."""
    return CountsTold(
        submissions=counts.submissions,
        sources=counts.sources,
        up=counts.up,
        down=counts.down,
        same=counts.same,
        could_not_be_graded=counts.could_not_be_graded,
        skipped=counts.skipped,
        skipped_because=SkippedTold(changed=counts.changed, would_lower=counts.would_lower, deleted=counts.deleted),
        applied=counts.applied,
        rolled_back=counts.rolled_back,
        left=counts.left,
        newly_failing=counts.newly_failing,
        newly_passing=counts.newly_passing,
    )


#: By the phase, also by the one that it stopped in.
_ACTIONS = {
    Phase.PREPARING: [Action.CANCEL],
    Phase.PREVIEWING: [Action.CANCEL],
    Phase.PREVIEWED: [Action.APPLY, Action.CANCEL],
    Phase.APPLYING: [Action.ROLL_BACK],
    Phase.APPLIED: [Action.ROLL_BACK],
    Phase.CANCELLED: [Action.RESUME],
}


def actions(found: Regrade) -> list[Action]:
    """What can be asked of it now."""
    if found.phase is Phase.FAILED:
        stopped = [] if found.stopped_in is None else _ACTIONS.get(found.stopped_in, [])
        return [*stopped, Action.RESUME]
    again = found.phase in {Phase.PREVIEWING, Phase.PREVIEWED} and found.progress.failed
    return [*_ACTIONS.get(found.phase, []), *([Action.RESUME] if again else [])]
