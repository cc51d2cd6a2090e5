"""A regrade as its hash has it. Times are seconds since 1970, by Redis's clock."""

import json
from collections.abc import Mapping
from typing import Any

from backmark.grader.model import stored
from backmark.grader.model.records import State
from backmark.grader.model.regrades import (
    Mode,
    Phase,
    RegradeCounts,
    RegradeProgress,
    RegradeRecord,
    Selection,
    SkippedCounts,
)
from backmark.grader.model.trace import Trace
from backmark.grader.store.connection import seconds

#: Phases in which a worker goes through what it knows the number of.
_WORKING = frozenset({Phase.PREVIEWING, Phase.APPLYING, Phase.ROLLING_BACK})


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
        progress=_progress(raw, stopped or phase),
        counts=_counts(raw),
        mode=Mode(raw["mode"]) if "mode" in raw else None,
        stopped_in=stopped,
        failure=raw.get("failure"),
        eta_seconds=None if stopped else _eta(raw, phase, now),
        trace=Trace.decode(raw.get("trace")),
    )


def _selection(raw: Mapping[str, str]) -> Selection:
    fields: dict[str, Any] = json.loads(raw["selection"])
    return stored.read(Selection, fields | {"students": json.loads(raw["students"])})


def _progress(raw: Mapping[str, str], phase: Phase) -> RegradeProgress:
    done, failed = _number(raw, "units_done"), _number(raw, "units_failed")
    if phase is Phase.PREPARING:
        return RegradeProgress(None, done, failed)
    if phase in {Phase.PREVIEWING, Phase.PREVIEWED}:
        return RegradeProgress(_number(raw, "sources"), done, failed)
    submissions = _number(raw, "submissions")
    # Submissions deleted meanwhile count in `walked`, and no longer in `submissions`.
    working = phase in {Phase.APPLYING, Phase.ROLLING_BACK}
    return RegradeProgress(submissions, min(_number(raw, "walked"), submissions) if working else submissions)


def _eta(raw: Mapping[str, str], phase: Phase, now: float) -> float | None:
    """Return the seconds until the step of a working phase is done, by its pace so far."""
    progress, started = _progress(raw, phase), seconds(raw.get("step_started"))
    done = progress.done + progress.failed
    since = done - _number(raw, "step_base")
    if phase not in _WORKING or progress.total is None or started is None or since <= 0:
        return None
    return round(max(0.0, now - started) / since * max(0, progress.total - done), 1)


def _counts(raw: Mapping[str, str]) -> RegradeCounts:
    return RegradeCounts(
        submissions=_number(raw, "submissions"),
        sources=_number(raw, "sources"),
        up=_number(raw, "change:up"),
        down=_number(raw, "change:down"),
        same=_number(raw, "change:same"),
        could_not_be_graded=_number(raw, "could_not_be_graded"),
        applied=_number(raw, "fate:applied"),
        skipped_because=SkippedCounts(
            changed=_number(raw, "fate:changed"),
            would_lower=_number(raw, "fate:would_lower"),
            deleted=_number(raw, "deleted"),
        ),
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
