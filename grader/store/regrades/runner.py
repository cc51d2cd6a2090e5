"""What a worker does for a regrade itself: it chooses, applies and rolls back, a chunk at a time.

A chunk is one script that compares the regrade's phase, fencing number and cursor: it happens once, whoever asks how
often, and a worker that was taken for dead changes nothing.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from grader.model.records import Claim, Job, Kind, Submission
from grader.store import keys
from grader.store.codec import packed
from grader.store.connection import Connection, text, texts
from grader.store.regrades.model import Mode, read
from grader.store.regrades.report import Fate, Report, Row
from grader.store.regrades.selection import Chooser
from grader.store.regrades.units import Units, jobs
from grader.store.scripts import Scripts
from grader.store.submissions import Submissions
from grader.store.summary import Change

#: Submissions whose verdicts are written in one script: others should not wait for it.
_CHUNK = 100
#: A cursor behind which there is nothing.
_END = "-inf"

#: A source's verdict as a submission's own, by its id and filename.
Own = Callable[[dict[str, Any], str, str], dict[str, Any]]

#: The group of a submission's student.
Group = Callable[[Submission], str]


@dataclass(frozen=True, slots=True)
class Step:
    """A chunk is through: whether there is another, and the units that may be graded now."""

    more: bool
    released: tuple[Job, ...] = ()


@dataclass(frozen=True, slots=True)
class _Chunk:
    place: str
    submissions: list[str]
    to: str
    more: bool


class Steps:
    """Each answers None where the claim does not hold any more, or there is no such regrade."""

    def __init__(self, redis: Connection, scripts: Scripts, submissions: Submissions, units: Units) -> None:
        self._redis = redis
        self._scripts = scripts
        self._submissions = submissions
        self._units = units

    def choose(self, claim: Claim, group: Group = lambda _: "") -> Step | None:
        """The next submissions that it selects; after the last its units may be graded.

        `group` is where a submission's student is graded, if not all are graded on the same networks.
        """
        name = claim.job.id
        raw = texts(self._redis.hgetall(_key(name)))
        if not raw:
            return None
        rows: list[dict[str, Any]] = []
        looked, to = 0, ""
        # Nothing is left where it ended and the answer was lost: the script says whether that was this claim's doing.
        if raw["cursor"]:
            selection = read(name, raw, 0.0).selection
            chooser = Chooser(self._redis, self._submissions.many, name, selection, float(raw["created"]), group)
            found = chooser.chunk(raw["cursor"])
            rows, looked, to = found.rows, found.looked, found.cursor or ""
        answer = self._scripts.run(
            "regrade_choose", name, claim.fence, raw["cursor"], to, "0" if to else "1", looked, json.dumps(rows)
        )
        return Step(bool(to), jobs(answer[1:])) if answer[0] else None

    def apply(self, claim: Claim, own: Own) -> Step | None:
        """Let the next verdicts hold, where those that they were previewed beside still do."""
        chunk = self._chunk(claim)
        if chunk is None:
            return None
        mode = text(self._redis.hget(_key(claim.job.id), "mode") or Mode.WHOLE)
        rows = Report(self._redis, claim.job.id).rows(chunk.submissions)
        told = [_told(row, lowered=mode == Mode.NEVER_LOWER and row.change is Change.DOWN) for row in rows]
        graded = {row.entry.unit for row, each in zip(rows, told, strict=True) if "summary" in each}
        known = {unit: self._units.verdict(unit) for unit in graded}
        verdicts = [
            b""
            if (verdict := known.get(row.entry.unit)) is None
            else packed(own(verdict, row.submission, row.entry.filename))
            for row in rows
        ]
        return self._written("regrade_apply", claim, chunk, json.dumps(told), *verdicts)

    def roll_back(self, claim: Claim) -> Step | None:
        """Let the next earlier verdicts hold again, where this regrade's still do."""
        chunk = self._chunk(claim)
        if chunk is None:
            return None
        rows = [
            {"submission": row.submission, "expected": str(row.entry.verdict), "summary": row.entry.before.summary()}
            for row in Report(self._redis, claim.job.id).rows(chunk.submissions)
        ]
        return self._written("regrade_roll_back", claim, chunk, json.dumps(rows))

    def _chunk(self, claim: Claim) -> _Chunk | None:
        place = self._redis.hget(_key(claim.job.id), "cursor")
        if not place:
            return None
        found = Report(self._redis, claim.job.id).walk(text(place), _CHUNK)
        more = len(found) == _CHUNK
        return _Chunk(text(place), [name for name, _ in found], f"({found[-1][1]:.3f}" if more else _END, more)

    def _written(self, script: str, claim: Claim, chunk: _Chunk, *arguments: str | bytes) -> Step | None:
        last = "0" if chunk.more else "1"
        held = self._scripts.run(script, claim.job.id, claim.fence, chunk.place, chunk.to, last, *arguments)
        return Step(chunk.more) if held else None


def _told(row: Row, *, lowered: bool) -> dict[str, Any]:
    """What is to become of it, for the script: a verdict with its summary, a fate, or nothing."""
    told: dict[str, Any] = {"submission": row.submission, "expected": str(row.entry.verdict)}
    if lowered:
        told["fate"] = Fate.WOULD_LOWER
    elif row.after is not None:
        told["summary"] = row.after.summary()
    return told


def _key(name: str) -> str:
    return keys.key(Kind.REGRADE, name)
