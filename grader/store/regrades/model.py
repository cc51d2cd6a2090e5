"""A regrade as it is asked for and as it is read back. Times are seconds since 1970, by Redis's clock."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from grader.model import stored
from grader.model.records import State
from grader.store.connection import seconds


class Phase(StrEnum):
    """Where a regrade is."""

    PREPARING = "preparing"
    PREVIEWING = "previewing"
    PREVIEWED = "previewed"
    APPLYING = "applying"
    APPLIED = "applied"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    CANCELLED = "cancelled"
    #: By our own failure; `resume` goes on where it stopped.
    FAILED = "failed"


class Which(StrEnum):
    """Of a student's submissions for the assignment that were graded, or that we failed to grade."""

    ALL = "all"
    LATEST = "latest"
    BEST = "best"


class Mode(StrEnum):
    """Which verdicts are applied: all, or those that lower nobody's marks."""

    WHOLE = "whole"
    NEVER_LOWER = "never_lower"


@dataclass(frozen=True, slots=True)
class Selection:
    """What is to be graded, against which revision. Of an empty tuple any is meant."""

    course: str
    assignment: str
    revision: str
    outcomes: tuple[str, ...] = ()
    #: Accepted then or later.
    since: float | None = None
    #: Instead of the name of one who was deleted since stands `(deleted)`, which is nobody's.
    students: tuple[str, ...] = ()
    which: Which = Which.ALL
    #: Graded anew, rather than by the verdict that an identical source had before.
    fresh: bool = False

    def canonical(self) -> "Selection":
        """The same with nothing twice, in one order."""
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
        """All but the students as JSON: their names can be forgotten apart from it."""
        return json.dumps({name: value for name, value in asdict(self).items() if name != "students"})

    def fingerprint(self) -> str:
        """The same for whoever asks for the same."""
        return hashlib.sha256(json.dumps(asdict(self.canonical()), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the step that goes on: distinct sources while previewing, else submissions. None is not known yet."""

    total: int | None
    done: int
    failed: int = 0
    #: Seconds until it should be through, by its pace so far.
    eta: float | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Of submissions, unless said otherwise. Those that were deleted are in `deleted` and in nothing else."""

    submissions: int
    #: Distinct sources: each is graded once.
    sources: int
    up: int
    down: int
    same: int
    could_not_be_graded: int
    #: That hold this regrade's verdict, as far as it knows.
    applied: int
    #: Left as they were, since another verdict held than the one that was previewed.
    changed: int
    #: Left as they were, since they would have lost marks.
    would_lower: int
    #: Deleted before this regrade's verdict was applied.
    deleted: int
    rolled_back: int
    #: Not rolled back, since another verdict held than the one that was applied.
    left: int
    #: By name, how many submissions fail a property that they did not fail before, and the other way round.
    newly_failing: dict[str, int]
    newly_passing: dict[str, int]

    @property
    def skipped(self) -> int:
        """Left as they were though there is a verdict."""
        return self.changed + self.would_lower + self.deleted


@dataclass(frozen=True, slots=True)
class Regrade:
    """A regrade and where it is."""

    id: str
    selection: Selection
    phase: Phase
    created: float
    #: When its phase changed last.
    changed: float
    progress: Progress
    counts: Counts
    mode: Mode | None = None
    #: In which phase it failed, or was cancelled: where `resume` goes on.
    stopped_in: Phase | None = None
    #: Why it failed.
    failure: str | None = None


def read(name: str, raw: Mapping[str, str], now: float) -> Regrade:
    """From its hash; `now` by Redis's clock."""
    kept, failed = Phase(raw["phase"]), raw["state"] == State.SERVICE_FAILED
    stopped = kept if failed else Phase(raw["resume"]) if kept is Phase.CANCELLED else None
    return Regrade(
        id=name,
        selection=_selection(raw),
        phase=Phase.FAILED if failed else kept,
        created=float(raw["created"]) / 1000,
        changed=float(raw["changed"]) / 1000,
        progress=_progress(raw, stopped or kept, None if stopped else now),
        counts=_counts(raw),
        mode=Mode(raw["mode"]) if "mode" in raw else None,
        stopped_in=stopped,
        failure=raw.get("failure"),
    )


def _selection(raw: Mapping[str, str]) -> Selection:
    asked: dict[str, Any] = json.loads(raw["selection"])
    return stored.read(Selection, asked | {"students": json.loads(raw["students"])})


def _progress(raw: Mapping[str, str], phase: Phase, now: float | None) -> Progress:
    walked, submissions = _number(raw, "walked"), _number(raw, "submissions")
    done, failed = _number(raw, "units_done"), _number(raw, "units_failed")
    if phase is Phase.PREPARING:
        return Progress(None, walked)
    if phase in {Phase.PREVIEWING, Phase.PREVIEWED}:
        total = _number(raw, "sources")
        working = phase is Phase.PREVIEWING
        return Progress(total, done, failed, _eta(raw, total, done + failed, now) if working else None)
    # What was deleted meanwhile is counted among what was walked over, and no more in all.
    working = phase in {Phase.APPLYING, Phase.ROLLING_BACK}
    done = min(walked, submissions) if working else submissions
    return Progress(submissions, done, 0, _eta(raw, submissions, done, now) if working else None)


def _eta(raw: Mapping[str, str], total: int, done: int, now: float | None) -> float | None:
    started = seconds(raw.get("step_started"))
    since = done - _number(raw, "step_base")
    if now is None or started is None or since <= 0:
        return None
    return max(0.0, now - started) / since * max(0, total - done)


def _counts(raw: Mapping[str, str]) -> Counts:
    return Counts(
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
        newly_failing=_named(raw, "newly_failing:"),
        newly_passing=_named(raw, "newly_passing:"),
    )


def _named(raw: Mapping[str, str], prefix: str) -> dict[str, int]:
    found = {name.removeprefix(prefix): int(value) for name, value in sorted(raw.items()) if name.startswith(prefix)}
    return {name: value for name, value in found.items() if value}


def _number(raw: Mapping[str, str], name: str) -> int:
    return int(raw.get(name, "0"))
