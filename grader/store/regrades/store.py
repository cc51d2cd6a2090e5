"""Regrades as staff have them: asked for, previewed, reported, applied or not; `steps` and `units` are the workers'."""

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from grader.model.records import Job, Kind
from grader.store import keys
from grader.store.connection import Connection, text, texts
from grader.store.errors import IdempotencyMismatch, WrongPhase
from grader.store.paging import Page, cursor, start
from grader.store.regrades.model import Mode, Phase, Regrade, Selection, read
from grader.store.regrades.report import Report
from grader.store.regrades.runner import Steps
from grader.store.regrades.units import Units, jobs
from grader.store.scripts import Scripts
from grader.store.submissions import IDEMPOTENCY, Submissions

_ID = 10
#: Units that are deleted in one script.
_ERASED = 500
#: The phase of what is being deleted: nobody is shown it.
_ERASING = "erased"
#: Phases in which a worker has something to do for the regrade itself.
_STEPS = frozenset({Phase.PREPARING, Phase.APPLYING, Phase.ROLLING_BACK})


@dataclass(frozen=True, slots=True)
class Asked:
    """The regrade; `same` where it was asked for before."""

    regrade: Regrade
    same: bool


class Regrades:
    """All of them. LookupError is where there is none of that id, and `get` answers None."""

    def __init__(self, redis: Connection, scripts: Scripts, submissions: Submissions) -> None:
        self._redis = redis
        self._scripts = scripts
        self.units = Units(redis, scripts)
        self.steps = Steps(redis, scripts, submissions, self.units)

    def request(self, selection: Selection, idempotency: tuple[str, str, str, str] | None = None) -> Asked:
        """Record it and let it wait; or the one that was asked for before, while it stands for the same.

        `idempotency` as a submission's; IdempotencyMismatch for a used key.
        """
        chosen = selection.canonical()
        remembered, fingerprint = ("", "")
        if idempotency is not None:
            remembered, fingerprint = keys.idempotency(*idempotency[:3]), idempotency[3]
        answer = self._scripts.run(
            "regrade_request",
            *(secrets.token_hex(_ID), chosen.course, chosen.assignment, chosen.revision),
            *(chosen.write(), json.dumps(chosen.students), "1" if chosen.fresh else "0", chosen.fingerprint()),
            *(remembered, fingerprint, IDEMPOTENCY),
        )
        if text(answer[0]) == "mismatch":
            raise IdempotencyMismatch("this Idempotency-Key was used before for another request")
        return Asked(self._there(text(answer[1])), text(answer[0]) == "same")

    def get(self, name: str) -> Regrade | None:
        """The regrade as it is now."""
        return next(self._many([name]), None)

    def report(self, name: str) -> Report:
        """What it says of each submission."""
        return Report(self._redis, name)

    def apply(self, name: str, mode: Mode) -> Regrade:
        """Let its verdicts hold, by a worker. WrongPhase where it is not previewed."""
        return self._told(name, self._scripts.run("regrade_start", name, Phase.APPLYING, mode), "applied")

    def roll_back(self, name: str) -> Regrade:
        """Let hold again what held before, by a worker. WrongPhase where nothing was applied."""
        return self._told(name, self._scripts.run("regrade_start", name, Phase.ROLLING_BACK, ""), "rolled back")

    def cancel(self, name: str) -> Regrade:
        """Let it rest; `resume` goes on. WrongPhase where it is being applied, or was."""
        return self._told(name, self._scripts.run("regrade_cancel", name), "cancelled")

    def resume(self, name: str) -> tuple[Regrade, tuple[Job, ...]]:
        """Go on where it was cancelled or failed, and grade again what could not be; and the jobs that this made."""
        how, *released = self._scripts.run("regrade_resume", name)
        found = self._told(name, how, "resumed")
        steps = (Job(Kind.REGRADE, name),) if text(how) == "resumed" and found.phase in _STEPS else ()
        return found, (*steps, *jobs(released))

    def expire(self, before: float, limit: int = _ERASED) -> tuple[int, bool]:
        """Delete those at rest whose phase changed last before then (seconds since 1970), `limit` units at most.

        How many are gone, and whether there may be more to delete.
        """
        gone, more = self._scripts.run("regrade_expire", f"{1000 * before:.0f}", limit)
        return int(gone), bool(more)

    def list(self, course: str, limit: int = 50, after: str | None = None) -> Page[Regrade]:
        """A course's, newest first. BadCursor where the cursor is none that a page gave."""
        found: Any = self._redis.zrevrangebyscore(
            keys.key("regrades", course), start(after), "-inf", start=0, num=limit + 1
        )
        items = tuple(self._many([text(name) for name in found]))
        more = cursor(1000 * items[limit - 1].created) if len(items) > limit else None
        return Page(items[:limit], more)

    def _told(self, name: str, how: bytes, wish: str) -> Regrade:
        found = self._there(name)
        if text(how) == "conflict":
            raise WrongPhase(f"the regrade is {found.phase}: it cannot be {wish}")
        return found

    def _there(self, name: str) -> Regrade:
        found = self.get(name)
        if found is None:
            raise LookupError(f"there is no regrade {name}")
        return found

    def _many(self, names: Sequence[str]) -> Iterator[Regrade]:
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.time()
        for name in names:
            pipeline.hgetall(keys.key(Kind.REGRADE, name))
        (now, micros), *rows = pipeline.execute()
        for name, raw in zip(names, map(texts, rows), strict=True):
            if raw and raw["phase"] != _ERASING:
                yield read(name, raw, now + micros / 1e6)
