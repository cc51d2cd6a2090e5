"""A regrade as its hash has it. Times are seconds since 1970, by Redis's clock."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
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
)
from backmark.grader.model.trace import Trace
from backmark.grader.store.connection import seconds

#: The phase of a regrade that is being deleted, which is never shown.
DELETING = "erased"
#: Phases in which a worker goes through what it knows the number of.
_WORKING = frozenset({Phase.PREVIEWING, Phase.APPLYING, Phase.ROLLING_BACK})


@dataclass(frozen=True, slots=True)
class RegradeSizes:
    """The sizes of a regrade's sets."""

    submissions: int
    sources: int
    #: Sources that wait for a place in the queue, and those that wait there or run.
    pending: int
    open: int
    failed: int


def read(name: str, raw: Mapping[str, str], sizes: RegradeSizes, counts: RegradeCounts, now: float) -> RegradeRecord:
    """Return a regrade from its hash; `now` is the time by Redis's clock."""
    phase, stopped = read_phase(raw)
    return RegradeRecord(
        id=name,
        selection=read_selection(raw),
        phase=phase,
        created=float(raw["created"]) / 1000,
        changed=float(raw["changed"]) / 1000,
        progress=_progress(raw, sizes, stopped or phase),
        counts=counts,
        mode=Mode(raw["mode"]) if "mode" in raw else None,
        stopped_in=stopped,
        failure=raw.get("failure"),
        eta_seconds=None if stopped else _eta(raw, sizes, phase, now),
        trace=Trace.decode(raw.get("trace")),
    )


def read_phase(raw: Mapping[str, str]) -> tuple[Phase, Phase | None]:
    """Return the phase of a regrade from its hash, and the phase in which it stopped."""
    phase = Phase(raw["phase"])
    if raw["state"] == State.SERVICE_FAILED:
        return Phase.FAILED, phase
    return phase, Phase(raw["resume"]) if phase is Phase.CANCELLED else None


def read_selection(raw: Mapping[str, str]) -> Selection:
    """Return the selection of a regrade from its hash."""
    fields: dict[str, Any] = json.loads(raw["selection"])
    return stored.read(Selection, fields | {"students": json.loads(raw["students"])})


def read_counts(raw: Mapping[str, str]) -> RegradeCounts | None:
    """Return the counts of a regrade from its hash, or None if it has none."""
    return stored.read(RegradeCounts, json.loads(raw["counts"])) if "counts" in raw else None


def _progress(raw: Mapping[str, str], sizes: RegradeSizes, phase: Phase) -> RegradeProgress:
    if phase in {Phase.PREPARING, Phase.PREVIEWING, Phase.PREVIEWED}:
        done = sizes.sources - sizes.pending - sizes.open - sizes.failed
        return RegradeProgress(None if phase is Phase.PREPARING else sizes.sources, done, sizes.failed)
    # Submissions deleted meanwhile count in `walked`, and no longer in `submissions`.
    working = phase in {Phase.APPLYING, Phase.ROLLING_BACK}
    walked = int(raw["walked"]) if working else sizes.submissions
    return RegradeProgress(sizes.submissions, min(walked, sizes.submissions))


def _eta(raw: Mapping[str, str], sizes: RegradeSizes, phase: Phase, now: float) -> float | None:
    """Return the seconds until the step of a working phase is done, by its pace so far."""
    progress, started = _progress(raw, sizes, phase), seconds(raw.get("step_started"))
    done = progress.done + progress.failed
    since = done - int(raw.get("step_base", "0"))
    if phase not in _WORKING or progress.total is None or started is None or since <= 0:
        return None
    return round(max(0.0, now - started) / since * max(0, progress.total - done), 1)
