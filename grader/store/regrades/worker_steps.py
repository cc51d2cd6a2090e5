"""The steps of a regrade that a worker runs: select, apply and roll back, a chunk at a time.

Each chunk is one call that checks the regrade's phase, fencing number and cursor: it takes effect once, however often
it is sent, and a worker that lost its lease changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from backmark.grader.model.records import Claim, Kind, SubmissionRecord
from backmark.grader.model.regrades import Change, Mode, Phase, Selection
from backmark.grader.model.trace import Trace
from backmark.grader.store import keys
from backmark.grader.store.codec import encode_verdict
from backmark.grader.store.connection import Connection, text, texts
from backmark.grader.store.functions import FollowingCall, FunctionCall, Functions
from backmark.grader.store.regrades.reading import DELETING, read_phase, read_selection
from backmark.grader.store.regrades.report import Disposition, RegradeReport, ReportRow
from backmark.grader.store.regrades.selection import SelectionScan
from backmark.grader.store.regrades.units import Units
from backmark.grader.store.submissions import Submissions

#: The most verdicts written in one call, so that other commands need not wait for it.
_CHUNK = 100
#: The cursor after the last chunk.
_END = "-inf"

#: Returns the group of a submission's student.
Group = Callable[[SubmissionRecord], str]


@dataclass(frozen=True, slots=True)
class StepResult:
    """The result of a chunk: whether more follow, and the nudges that are due for its units."""

    more: bool
    nudges: int = 0


@dataclass(frozen=True, slots=True)
class RegradeStep:
    """A regrade as a worker needs it: without counts, which would have to be added up for it."""

    phase: Phase
    selection: Selection
    trace: Trace | None


@dataclass(frozen=True, slots=True)
class _StepChunk:
    place: str
    submissions: list[str]
    to: str
    more: bool


class RegradeSteps:
    """The steps of regrades. Each returns None if the claim is no longer valid, or if there is no such regrade."""

    def __init__(self, redis: Connection, functions: Functions, submissions: Submissions, units: Units) -> None:
        self._redis = redis
        self._functions = functions
        self._submissions = submissions
        self._units = units

    def get(self, name: str) -> RegradeStep | None:
        """Return the step that a regrade is at."""
        raw = texts(self._redis.hgetall(_key(name)))
        if not raw or raw["phase"] == DELETING:
            return None
        return RegradeStep(read_phase(raw)[0], read_selection(raw), Trace.decode(raw.get("trace")))

    def choose(
        self,
        claim: Claim,
        group: Group = lambda _: "",
        *,
        last_of_turn: bool = False,
        following: FollowingCall | None = None,
    ) -> StepResult | None:
        """Record the next selected submissions, whose units may be graded from then on.

        `group` returns the group of a submission's student, if not all are graded on the same cases. `following` is
        another call in the same round trip.
        """
        name = claim.job.id
        raw = texts(self._redis.hgetall(_key(name)))
        if not raw:
            return None
        rows: list[dict[str, Any]] = []
        to = ""
        # The cursor is empty if the last chunk was recorded and the reply lost: the function checks if this claim did
        # it.
        if raw["cursor"]:
            selection, until = read_selection(raw), float(raw["created"])
            scan = SelectionScan(self._redis, self._submissions.many, name, selection, until, group)
            chunk = scan.chunk(raw["cursor"])
            rows, to = chunk.rows, chunk.cursor or ""
        follows = _what_follows(more=bool(to), last_of_turn=last_of_turn)
        arguments = {**_step(claim, raw["cursor"], to, follows), "rows": rows}
        held, *nudges = self._functions.call_joined(FunctionCall("regrade_choose", arguments), following=following)
        return StepResult(bool(to), sum(nudges)) if held else None

    def apply(self, claim: Claim, *, last_of_turn: bool = False) -> StepResult | None:
        """Apply the next verdicts, except to submissions whose verdict has changed since the preview."""
        chunk = self._chunk(claim)
        if chunk is None:
            return None
        mode = text(self._redis.hget(_key(claim.job.id), "mode") or Mode.WHOLE)
        rows = RegradeReport(self._redis, claim.job.id).rows(chunk.submissions)
        instructions = [
            _instruction(row, lowered=mode == Mode.NEVER_LOWER and row.change is Change.DOWN) for row in rows
        ]
        graded = {
            row.entry.unit for row, instruction in zip(rows, instructions, strict=True) if "summary" in instruction
        }
        verdicts_by_unit = {unit: self._units.verdict(unit) for unit in graded}
        verdicts = [
            b""
            if (verdict := verdicts_by_unit.get(row.entry.unit)) is None
            else encode_verdict(verdict.with_identity(row.submission, row.entry.filename))
            for row in rows
        ]
        follows = _what_follows(more=chunk.more, last_of_turn=last_of_turn)
        applied = self._functions.call(
            "regrade_apply",
            **_step(claim, chunk.place, chunk.to, follows),
            rows=instructions,
            **{f"verdict {number}": verdict for number, verdict in enumerate(verdicts, 1)},
        )
        return StepResult(chunk.more) if applied else None

    def roll_back(self, claim: Claim, *, last_of_turn: bool = False) -> StepResult | None:
        """Restore the next previous verdicts, except where another one has replaced this regrade's."""
        chunk = self._chunk(claim)
        if chunk is None:
            return None
        rows = [
            {"submission": row.submission, "expected": str(row.entry.verdict), "summary": row.entry.before.summary()}
            for row in RegradeReport(self._redis, claim.job.id).rows(chunk.submissions)
        ]
        follows = _what_follows(more=chunk.more, last_of_turn=last_of_turn)
        applied = self._functions.call("regrade_roll_back", **_step(claim, chunk.place, chunk.to, follows), rows=rows)
        return StepResult(chunk.more) if applied else None

    def _chunk(self, claim: Claim) -> _StepChunk | None:
        place = self._redis.hget(_key(claim.job.id), "cursor")
        if not place:
            return None
        members = RegradeReport(self._redis, claim.job.id).walk(text(place), _CHUNK)
        more = len(members) == _CHUNK
        return _StepChunk(text(place), [name for name, _ in members], f"({members[-1][1]:.3f}" if more else _END, more)


def _step(claim: Claim, place: str, to: str, follows: str) -> dict[str, str]:
    """Return what the functions of all steps take: the claim, the cursor and the next one, and what follows."""
    return {"id": claim.job.id, "fence": str(claim.fence), "from": place, "to": to, "follows": follows}


def _what_follows(*, more: bool, last_of_turn: bool) -> str:
    """Return what follows a chunk, as the functions read it."""
    if not more:
        return "end"
    return "turn" if last_of_turn else "chunk"


def _instruction(row: ReportRow, *, lowered: bool) -> dict[str, Any]:
    """Return the instruction for `regrade_apply`: a verdict with its summary, a disposition, or neither."""
    instruction: dict[str, Any] = {"submission": row.submission, "expected": str(row.entry.verdict)}
    if lowered:
        instruction["fate"] = Disposition.WOULD_LOWER
    elif row.after is not None:
        instruction["summary"] = row.after.summary()
    return instruction


def _key(name: str) -> str:
    return keys.key(Kind.REGRADE, name)
