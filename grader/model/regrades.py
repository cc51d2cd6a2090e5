"""Regrades: their selection, phase, progress and counts, and what they change. Times are seconds since 1970."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Annotated

from backmark.grader.model.fields import Doc, Unit
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import NAME, STUDENT, Created
from backmark.grader.model.trace import Trace

#: Students that a regrade may name one by one.
MOST_STUDENTS = 1000


class Phase(StrEnum):
    """The phase of a regrade."""

    PREPARING = "preparing"
    PREVIEWING = "previewing"
    PREVIEWED = "previewed"
    APPLYING = "applying"
    APPLIED = "applied"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    CANCELLED = "cancelled"
    #: The service failed; `resume` continues from there.
    FAILED = "failed"


class Which(StrEnum):
    """The choice among a student's submissions that were graded or ended as service_failed."""

    ALL = "all"
    LATEST = "latest"
    BEST = "best"


class Mode(StrEnum):
    """The verdicts to apply: all, or only those that lower no marks."""

    WHOLE = "whole"
    NEVER_LOWER = "never_lower"


class Action(StrEnum):
    """An action on a regrade, by the last part of its address."""

    APPLY = "apply"
    CANCEL = "cancel"
    RESUME = "resume"
    ROLL_BACK = "rollback"


class Change(StrEnum):
    """The change of a submission's marks."""

    UP = "up"
    DOWN = "down"
    SAME = "same"


class ComparisonStatus(StrEnum):
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


@dataclass(frozen=True, slots=True)
class Selection:
    """The submissions to grade again, and the revision to grade them against. What is empty restricts nothing."""

    course: str
    assignment: Annotated[str, Doc(pattern=NAME)]
    revision: str
    outcomes: Annotated[
        tuple[Outcome, ...], Doc("Only submissions with one of these outcomes now.", most=len(Outcome))
    ] = ()
    since: Annotated[float | None, Doc("Only submissions created then or later.", unit=Unit.TIME)] = None
    students: Annotated[
        tuple[str, ...],
        Doc(
            "Only submissions of these students; (deleted) stands for a student who was deleted since.",
            most=MOST_STUDENTS,
            pattern=STUDENT,
        ),
    ] = ()
    which: Annotated[
        Which,
        Doc(
            "All submissions of each student, the latest, or the best, among those with a verdict or that ended as "
            "service_failed. The latest or best is chosen first, and left out if it does not match the other fields."
        ),
    ] = Which.ALL
    fresh: Annotated[bool, Doc("Grade everything again, instead of reusing the verdicts of identical sources.")] = False

    def canonical(self) -> "Selection":
        """Return the selection without duplicates, in a fixed order."""
        return Selection(
            self.course,
            self.assignment,
            self.revision,
            tuple(sorted(set(self.outcomes))),
            self.since,
            tuple(sorted(set(self.students))),
            self.which,
            self.fresh,
        )

    def write(self) -> str:
        """Return the selection as JSON without the students, whose names can be deleted separately."""
        return json.dumps({name: value for name, value in asdict(self).items() if name != "students"})

    def fingerprint(self) -> str:
        """Return a hash that equal selections share."""
        return hashlib.sha256(json.dumps(asdict(self.canonical()), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class RegradeProgress:
    """The progress of the current step: distinct sources while selecting and previewing, else submissions."""

    total: Annotated[int | None, Doc(none="submissions are being selected; `counts` has those selected so far")]
    done: int
    failed: Annotated[int, Doc("The number of sources that could not be graded.")] = 0


@dataclass(frozen=True, slots=True)
class SkippedCounts:
    """The number of submissions that were left as they were, by reason."""

    changed: Annotated[int, Doc("Submissions whose verdict is no longer the one that the preview compared.")] = 0
    would_lower: Annotated[int, Doc("Submissions that would have lost marks, in the mode never_lower.")] = 0
    deleted: Annotated[
        int, Doc("Submissions deleted before this regrade's verdict was applied; no other count includes them.")
    ] = 0


@dataclass(frozen=True, slots=True)
class RegradeCounts:
    """The number of submissions in each state, unless stated otherwise."""

    submissions: int
    sources: Annotated[int, Doc("The number of distinct sources; each is graded once.")]
    up: int
    down: int
    same: int
    could_not_be_graded: Annotated[
        int, Doc("Submissions that the service failed to grade: they keep their marks, and resume retries them.")
    ]
    applied: Annotated[int, Doc("Submissions that have this regrade's verdict.")]
    skipped_because: SkippedCounts
    rolled_back: int
    left: Annotated[int, Doc("Submissions not rolled back, because another verdict has replaced this regrade's.")]
    newly_failing: Annotated[Mapping[str, int], Doc("The number of submissions in which a row fails now, by row.")]
    newly_passing: Annotated[Mapping[str, int], Doc("The number of submissions in which a row passes now, by row.")]

    @property
    def skipped(
        self,
    ) -> Annotated[int, Doc("Submissions left unchanged although they have a verdict, for any reason.")]:
        """The number of submissions that were left as they were although there is a verdict."""
        because = self.skipped_because
        return because.changed + because.would_lower + because.deleted


#: The possible actions in a phase; also used for the phase in which a regrade stopped.
_ACTIONS = {
    Phase.PREPARING: (Action.CANCEL,),
    Phase.PREVIEWING: (Action.CANCEL,),
    Phase.PREVIEWED: (Action.APPLY, Action.CANCEL),
    Phase.APPLYING: (Action.ROLL_BACK,),
    Phase.APPLIED: (Action.ROLL_BACK,),
    Phase.CANCELLED: (Action.RESUME,),
}
#: Phases in which nothing happens until someone decides.
AT_REST = frozenset({Phase.PREVIEWED, Phase.APPLIED, Phase.ROLLED_BACK, Phase.CANCELLED, Phase.FAILED})


def list_actions(phase: Phase, stopped_in: Phase | None) -> tuple[Action, ...]:
    """Return the actions that are possible in a phase, whatever could not be graded."""
    if phase is not Phase.FAILED:
        return _ACTIONS.get(phase, ())
    return (*(() if stopped_in is None else _ACTIONS.get(stopped_in, ())), Action.RESUME)


@dataclass(frozen=True, slots=True)
class RegradeRecord:
    """A regrade with its current phase, progress and counts."""

    id: str
    selection: Annotated[Selection, Doc(inline=True)]
    phase: Phase
    created: Created
    changed: Annotated[float, Doc("When its phase last changed.", unit=Unit.TIME, json="changed_at")]
    progress: RegradeProgress
    counts: RegradeCounts
    mode: Annotated[
        Mode | None, Doc("The way in which the regrade is applied.", none="the regrade is not applied yet")
    ] = None
    stopped_in: Annotated[
        Phase | None, Doc("The phase in which the regrade was cancelled or failed; resume continues from there.")
    ] = None
    failure: Annotated[str | None, Doc("The reason for the failure.")] = None
    eta_seconds: Annotated[
        float | None, Doc("Seconds until the step is done, estimated from its pace so far.", none="unknown")
    ] = None
    #: The trace of the request; None if no request made it.
    trace: Trace | None = None

    @property
    def actions(self) -> Annotated[tuple[Action, ...], Doc("The actions that are possible now.")]:
        """The actions that are possible now."""
        again = self.phase in {Phase.PREPARING, Phase.PREVIEWING, Phase.PREVIEWED} and self.progress.failed
        return (*list_actions(self.phase, self.stopped_in), *([Action.RESUME] if again else []))

    @property
    def at_rest(self) -> bool:
        """True if nothing happens until someone decides."""
        return self.phase in AT_REST


@dataclass(frozen=True, slots=True)
class VerdictBrief:
    """A verdict in brief."""

    outcome: Outcome
    score: Annotated[int | None, Doc(none="the file was refused before it ran")]
    max_score: int | None
    failing: Annotated[tuple[str, ...], Doc("The rows that failed.")] = ()


@dataclass(frozen=True, slots=True)
class ComparisonRecord:
    """The verdict on a submission when it was selected, and its verdict after the regrade."""

    submission: str
    student: str
    attempt: int | None
    filename: str
    created: Created
    change: Annotated[Change | None, Doc("The change of the submission's marks.", none="the submission is not graded")]
    before: Annotated[VerdictBrief | None, Doc(none="the submission had no verdict because it ended as service_failed")]
    after: VerdictBrief | None
    newly_failing: tuple[str, ...]
    newly_passing: tuple[str, ...]
    status: ComparisonStatus
    reason: Annotated[
        str | None,
        Doc("The reason why the submission was skipped or left (changed or would_lower), or could not be graded."),
    ] = None
