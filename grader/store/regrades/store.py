"""Regrades: requested, previewed, reported, applied or cancelled; workers use `units` and `RegradeSteps`."""

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from backmark.grader.model.records import Kind
from backmark.grader.model.regrades import Mode, Phase, RegradeRecord, Selection
from backmark.grader.model.trace import Trace, receive
from backmark.grader.store import keys
from backmark.grader.store.connection import Connection, text, texts
from backmark.grader.store.errors import IdempotencyMismatch, WrongPhase
from backmark.grader.store.paging import RecordPage, cursor, start
from backmark.grader.store.regrades.reading import read
from backmark.grader.store.regrades.report import RegradeReport
from backmark.grader.store.regrades.units import Units
from backmark.grader.store.scripts import Scripts
from backmark.grader.store.submissions import IDEMPOTENCY

_ID = 10
#: The most units deleted in one script.
_MOST_DELETED = 500
#: The phase of a regrade that is being deleted, which is never shown.
_DELETING = "erased"


@dataclass(frozen=True, slots=True)
class RecordedRegrade:
    """A recorded regrade; `same` is True if it was requested before."""

    regrade: RegradeRecord
    same: bool


class Regrades:
    """All regrades. Methods raise LookupError if there is none with the id, except `get`, which returns None."""

    def __init__(self, redis: Connection, scripts: Scripts) -> None:
        self._redis = redis
        self._scripts = scripts
        self.units = Units(redis, scripts)

    def request(
        self,
        selection: Selection,
        idempotency: tuple[str, str, str, str] | None = None,
        trace: Trace | None = None,
        author: str = "",
    ) -> RecordedRegrade:
        """Record and queue a regrade, or return the one that was requested before while it still means the same.

        `idempotency` as for a submission. Raises IdempotencyMismatch for a used key.
        """
        canonical = selection.canonical()
        remembered, fingerprint = ("", "")
        if idempotency is not None:
            remembered, fingerprint = keys.idempotency(*idempotency[:3]), idempotency[3]
        answer = self._scripts.run(
            "regrade_request",
            *(secrets.token_hex(_ID), canonical.course, canonical.assignment, canonical.revision),
            *(
                canonical.write(),
                json.dumps(canonical.students),
                "1" if canonical.fresh else "0",
                canonical.fingerprint(),
            ),
            *(remembered, fingerprint, IDEMPOTENCY, (trace or receive()).encode(), author),
        )
        if text(answer[0]) == "mismatch":
            raise IdempotencyMismatch("this Idempotency-Key was used before for another request")
        return RecordedRegrade(self._existing(text(answer[1])), text(answer[0]) == "same")

    def get(self, name: str) -> RegradeRecord | None:
        """Return the current state of a regrade, or None if there is none."""
        return next(self._many([name]), None)

    def report(self, name: str) -> RegradeReport:
        """Return the report of a regrade."""
        return RegradeReport(self._redis, name)

    def apply(self, name: str, mode: Mode, author: str = "") -> RegradeRecord:
        """Queue a regrade to be applied. Raises WrongPhase if it is not previewed."""
        result = self._scripts.run("regrade_start", name, Phase.APPLYING, mode, author)
        return self._after_action(name, result, "applied")

    def roll_back(self, name: str, author: str = "") -> RegradeRecord:
        """Queue a regrade to be rolled back. Raises WrongPhase if nothing was applied."""
        result = self._scripts.run("regrade_start", name, Phase.ROLLING_BACK, "", author)
        return self._after_action(name, result, "rolled back")

    def cancel(self, name: str, author: str = "") -> RegradeRecord:
        """Cancel a regrade, until `resume`. Raises WrongPhase if it is being applied, or was."""
        return self._after_action(name, self._scripts.run("regrade_cancel", name, author), "cancelled")

    def resume(self, name: str, author: str = "") -> tuple[RegradeRecord, int]:
        """Resume a cancelled or failed regrade, and retry its failed units; return it with the nudges that are due."""
        result, *nudges = self._scripts.run("regrade_resume", name, author)
        return self._after_action(name, result, "resumed"), sum(nudges)

    def expire(self, before: float, limit: int = _MOST_DELETED) -> tuple[int, bool]:
        """Delete inactive regrades whose phase last changed before a time (seconds since 1970), at most `limit` units.

        Returns the number of deleted regrades, and True if there may be more.
        """
        deleted, more = self._scripts.run("regrade_expire", f"{1000 * before:.0f}", limit)
        return int(deleted), bool(more)

    def list(self, course: str, limit: int = 50, after: str | None = None) -> RecordPage[RegradeRecord]:
        """Return a page of a course's regrades, newest first. Raises BadCursor for an unknown cursor."""
        names: Any = self._redis.zrevrangebyscore(
            keys.key("regrades", course), start(after), "-inf", start=0, num=limit + 1
        )
        items = tuple(self._many([text(name) for name in names]))
        more = cursor(1000 * items[limit - 1].created) if len(items) > limit else None
        return RecordPage(items[:limit], more)

    def _after_action(self, name: str, result: bytes, action: str) -> RegradeRecord:
        regrade = self._existing(name)
        if text(result) == "conflict":
            raise WrongPhase(f"the regrade is {regrade.phase}: it cannot be {action}")
        return regrade

    def _existing(self, name: str) -> RegradeRecord:
        regrade = self.get(name)
        if regrade is None:
            raise LookupError(f"there is no regrade {name}")
        return regrade

    def _many(self, names: Sequence[str]) -> Iterator[RegradeRecord]:
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.time()
        for name in names:
            pipeline.hgetall(keys.key(Kind.REGRADE, name))
        (now, micros), *rows = pipeline.execute()
        for name, raw in zip(names, map(texts, rows), strict=True):
            if raw and raw["phase"] != _DELETING:
                yield read(name, raw, now + micros / 1e6)
