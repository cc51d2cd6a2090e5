"""A regrade: its selection, phase, progress and counts. Times are seconds since 1970, by Redis's clock."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from backmark.grader.model import stored
from backmark.grader.model.records import State
from backmark.grader.model.trace import Trace
from backmark.grader.store.connection import seconds


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
    """The selected ones of a student's submissions that were graded or ended as service_failed."""

    ALL = "all"
    LATEST = "latest"
    BEST = "best"


class Mode(StrEnum):
    """The verdicts to apply: all, or only those that lower no marks."""

    WHOLE = "whole"
    NEVER_LOWER = "never_lower"


@dataclass(frozen=True, slots=True)
class Selection:
    """The submissions to grade, and the revision to grade them against. An empty tuple stands for any."""

    course: str
    assignment: str
    revision: str
    outcomes: tuple[str, ...] = ()
    #: Only submissions accepted then or later.
    since: float | None = None
    #: A student who has been deleted since appears as `(deleted)`, which is not a valid name.
    students: tuple[str, ...] = ()
    which: Which = Which.ALL
    #: Grade again, instead of reusing the verdicts of identical sources.
    fresh: bool = False

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

    #: None while submissions are selected.
    total: int | None
    done: int
    failed: int = 0
    #: Estimated seconds until the step is done, by its pace so far.
    eta: float | None = None


@dataclass(frozen=True, slots=True)
class RegradeCounts:
    """The numbers of submissions, unless stated otherwise. Deleted ones count in `deleted` and nowhere else."""

    submissions: int
    #: The number of distinct sources; each is graded once.
    sources: int
    up: int
    down: int
    same: int
    could_not_be_graded: int
    #: Submissions that have this regrade's verdict, as far as it knows.
    applied: int
    #: Left as they were because their verdict had changed since the preview.
    changed: int
    #: Left as they were because they would have lost marks.
    would_lower: int
    #: Deleted before this regrade's verdict was applied.
    deleted: int
    rolled_back: int
    #: Not rolled back because another verdict had replaced this regrade's.
    left: int
    #: The number of submissions that newly fail, or newly pass, a property, by its name.
    newly_failing: dict[str, int]
    newly_passing: dict[str, int]

    @property
    def skipped(self) -> int:
        """The number of submissions that were left as they were although there is a verdict."""
        return self.changed + self.would_lower + self.deleted


@dataclass(frozen=True, slots=True)
class RegradeRecord:
    """A regrade with its current phase, progress and counts."""

    id: str
    selection: Selection
    phase: Phase
    created: float
    #: When its phase last changed.
    changed: float
    progress: RegradeProgress
    counts: RegradeCounts
    mode: Mode | None = None
    #: The phase in which it failed or was cancelled; `resume` continues from there.
    stopped_in: Phase | None = None
    #: Why it failed.
    failure: str | None = None
    #: The trace of the request; None if an earlier version recorded it.
    trace: Trace | None = None


def read(name: str, raw: Mapping[str, str], now: float) -> RegradeRecord:
    """Return a regrade from its hash; `now` is the time by Redis's clock."""
    phase, failed = Phase(raw["phase"]), raw["state"] == State.SERVICE_FAILED
    stopped = phase if failed else Phase(raw["resume"]) if phase is Phase.CANCELLED else None
    return RegradeRecord(
        id=name,
        selection=_selection(raw),
        phase=Phase.FAILED if failed else phase,
        created=float(raw["created"]) / 1000,
        changed=float(raw["changed"]) / 1000,
        progress=_progress(raw, stopped or phase, None if stopped else now),
        counts=_counts(raw),
        mode=Mode(raw["mode"]) if "mode" in raw else None,
        stopped_in=stopped,
        failure=raw.get("failure"),
        trace=Trace.decode(raw.get("trace")),
    )


def _selection(raw: Mapping[str, str]) -> Selection:
    fields: dict[str, Any] = json.loads(raw["selection"])
    return stored.read(Selection, fields | {"students": json.loads(raw["students"])})


def _progress(raw: Mapping[str, str], phase: Phase, now: float | None) -> RegradeProgress:
    walked, submissions = _number(raw, "walked"), _number(raw, "submissions")
    done, failed = _number(raw, "units_done"), _number(raw, "units_failed")
    if phase is Phase.PREPARING:
        return RegradeProgress(None, done, failed)
    if phase in {Phase.PREVIEWING, Phase.PREVIEWED}:
        total = _number(raw, "sources")
        working = phase is Phase.PREVIEWING
        return RegradeProgress(total, done, failed, _eta(raw, total, done + failed, now) if working else None)
    # Submissions deleted meanwhile count in `walked`, and no longer in `submissions`.
    working = phase in {Phase.APPLYING, Phase.ROLLING_BACK}
    done = min(walked, submissions) if working else submissions
    return RegradeProgress(submissions, done, 0, _eta(raw, submissions, done, now) if working else None)


def _eta(raw: Mapping[str, str], total: int, done: int, now: float | None) -> float | None:
    started = seconds(raw.get("step_started"))
    since = done - _number(raw, "step_base")
    if now is None or started is None or since <= 0:
        return None
    return max(0.0, now - started) / since * max(0, total - done)


def _counts(raw: Mapping[str, str]) -> RegradeCounts:
    return RegradeCounts(
        submissions=_number(raw, "submissions"),
        sources=_number(raw, "sources"),
        up=_number(raw, "change:up"),
        down=_number(raw, "change:down"),
        same=_number(raw, "change:same"),
        could_not_be_graded=_number(raw, "could_not_be_graded"),
        applied=_number(raw, "fate:applied"),
        changed=_number(raw, "fate:changed"),
        would_lower=_number(raw, "fate:would_lower"),
        deleted=_number(raw, "deleted"),
        rolled_back=_number(raw, "fate:rolled_back"),
        left=_number(raw, "fate:left"),
        newly_failing=_numbers_by_name(raw, "newly_failing:"),
        newly_passing=_numbers_by_name(raw, "newly_passing:"),
    )


def _numbers_by_name(raw: Mapping[str, str], prefix: str) -> dict[str, int]:
    counts = {name.removeprefix(prefix): int(value) for name, value in sorted(raw.items()) if name.startswith(prefix)}
    return {name: value for name, value in counts.items() if value}


def _number(raw: Mapping[str, str], name: str) -> int:
    return int(raw.get(name, "0"))
