"""Regrades: requested, previewed, reported, applied or cancelled; workers use `units` and `RegradeSteps`."""

import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from backmark.grader.errors import StoreUnavailable
from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.records import Kind
from backmark.grader.model.regrades import Action, Mode, Phase, RegradeCounts, RegradeRecord, Selection, list_actions
from backmark.grader.model.trace import Trace, receive
from backmark.grader.store import keys
from backmark.grader.store.acts import record
from backmark.grader.store.connection import Connection, text, texts
from backmark.grader.store.errors import IdempotencyMismatch, WrongPhase
from backmark.grader.store.functions import Functions
from backmark.grader.store.paging import RecordPage, cursor, start
from backmark.grader.store.regrades.counting import count, read_alike
from backmark.grader.store.regrades.reading import DELETING, RegradeSizes, read, read_counts, read_phase
from backmark.grader.store.regrades.report import RegradeReport
from backmark.grader.store.regrades.units import Units
from backmark.grader.store.submissions import write_idempotency
from backmark.grader.store.transactions import Transaction, Transactions, in_transaction

_ID = 10
#: The most units deleted in one call.
_MOST_DELETED = 500
#: Phases in which nothing but a deletion changes the counts: they are added up once.
_COUNTED_ONCE = frozenset({Phase.PREVIEWED, Phase.APPLIED, Phase.ROLLED_BACK, Phase.CANCELLED})
#: Seconds of a processor that adding up may take at every look at a regrade that runs. What takes longer is done again
#: after so many times as long.
_QUICK, _REST = 0.02, 20

#: The participle of an action, and the phases in which it was taken.
_TAKEN = {
    Action.APPLY: ("applied", Phase.APPLYING, Phase.APPLIED),
    Action.ROLL_BACK: ("rolled back", Phase.ROLLING_BACK, Phase.ROLLED_BACK),
    Action.CANCEL: ("cancelled", Phase.CANCELLED),
}


@dataclass(frozen=True, slots=True)
class RecordedRegrade:
    """A recorded regrade; `same` is True if it was requested before."""

    regrade: RegradeRecord
    same: bool


class Regrades:
    """All regrades. Methods raise LookupError if there is none with the id, except `get`, which returns None."""

    def __init__(self, redis: Connection, functions: Functions, transactions: Transactions) -> None:
        self._redis = redis
        self._functions = functions
        self.transactions = transactions
        self.units = Units(redis, functions)
        #: By regrade that runs, and phase, counts that took long, and until when they are shown by the monotonic clock.
        self._shown: dict[tuple[str, str], tuple[float, RegradeCounts]] = {}

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
        answer = self._functions.call(
            "regrade_request",
            id=secrets.token_hex(_ID),
            course=canonical.course,
            assignment=canonical.assignment,
            revision=canonical.revision,
            selection=canonical.write(),
            students=json.dumps(canonical.students),
            fresh=canonical.fresh,
            asked=canonical.fingerprint(),
            idempotency=write_idempotency(idempotency),
            trace=(trace or receive()).encode(),
            author=author,
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
        self._act(name, Action.APPLY, author, mode)
        return self._existing(name)

    def roll_back(self, name: str, author: str = "") -> RegradeRecord:
        """Queue a regrade to be rolled back. Raises WrongPhase if nothing was applied."""
        self._act(name, Action.ROLL_BACK, author)
        return self._existing(name)

    def cancel(self, name: str, author: str = "") -> RegradeRecord:
        """Cancel a regrade, until `resume`. Raises WrongPhase if it is being applied, or was."""
        self._act(name, Action.CANCEL, author)
        return self._existing(name)

    def resume(self, name: str, author: str = "") -> tuple[RegradeRecord, int]:
        """Resume a cancelled or failed regrade, and retry its failed units; return it with the nudges that are due."""
        result, *nudges = self._functions.call("regrade_resume", id=name, author=author)
        regrade = self._existing(name)
        if text(result) == "conflict":
            raise WrongPhase(f"the regrade is {regrade.phase}: it cannot be resumed")
        return regrade, sum(nudges)

    def expire(self, before: float, limit: int = _MOST_DELETED) -> tuple[int, bool]:
        """Delete inactive regrades whose phase last changed before a time (seconds since 1970), at most `limit` units.

        Returns the number of deleted regrades, and True if there may be more.
        """
        deleted, more = self._functions.call("regrade_expire", before=f"{1000 * before:.0f}", limit=limit)
        return int(deleted), bool(more)

    def list(self, course: str, limit: int = 50, after: str | None = None) -> RecordPage[RegradeRecord]:
        """Return a page of a course's regrades, newest first. Raises BadCursor for an unknown cursor."""
        names: Any = self._redis.zrevrangebyscore(
            keys.key("regrades", course), start(after), "-inf", start=0, num=limit + 1
        )
        items = tuple(self._many([text(name) for name in names]))
        more = cursor(1000 * items[limit - 1].created) if len(items) > limit else None
        return RecordPage(items[:limit], more)

    @in_transaction
    def _act(self, transaction: Transaction, name: str, action: Action, author: str, mode: Mode | None = None) -> None:
        key = keys.key(Kind.REGRADE, name)
        raw = texts(transaction.read.hgetall(key))
        if not raw or raw["phase"] == DELETING:
            raise LookupError(f"there is no regrade {name}")
        (phase, stopped_in), (participle, *phases) = read_phase(raw), _TAKEN[action]
        if phase in phases and (mode is None or mode == raw["mode"]):
            return
        if action not in list_actions(phase, stopped_in):
            raise WrongPhase(f"the regrade is {phase}: it cannot be {participle}")
        chosen: dict[Any, Any] = {} if mode is None else {"mode": mode.value}
        if action is Action.CANCEL:
            transaction.run("regrade_cancel", id=name)
        else:
            transaction.write.hset(key, mapping={"cursor": "+inf", "walked": 0} | chosen)
            transaction.run("regrade_start", id=name, phase=phases[0])
        details = {"assignment": raw["assignment"]} | chosen
        record(
            transaction, raw["course"], AuditEntry(0, author, f"regrade.{action.name.lower()}", name, details=details)
        )

    def _existing(self, name: str) -> RegradeRecord:
        regrade = self.get(name)
        if regrade is None:
            raise LookupError(f"there is no regrade {name}")
        return regrade

    def _many(self, names: Sequence[str]) -> Iterator[RegradeRecord]:
        # In one transaction, since the sizes are subtracted from each other.
        pipeline = self._redis.pipeline()
        pipeline.time()
        for name in names:
            pipeline.hgetall(keys.key(Kind.REGRADE, name))
            pipeline.hlen(keys.key("regrade-entries", name))
            pipeline.scard(keys.key("regrade-units", name))
            pipeline.llen(keys.key("regrade-pending", name))
            pipeline.scard(keys.key("regrade-open", name))
            pipeline.scard(keys.key("regrade-failed", name))
        (now, micros), *replies = pipeline.execute()
        for name, (fields, *numbers) in zip(names, zip(*[iter(replies)] * 6, strict=True), strict=True):
            raw, sizes = texts(fields), RegradeSizes(*numbers)
            if raw and raw["phase"] != DELETING:
                yield read(name, raw, sizes, self._count(name, raw, sizes), now + micros / 1e6)

    def _count(self, name: str, raw: Mapping[str, str], sizes: RegradeSizes) -> RegradeCounts:
        """Return the stored counts; add them up if there are none, and store them if only deletions change them."""
        stored_counts = read_counts(raw)
        # What was stored before a deletion is out of date.
        if stored_counts is not None and stored_counts.submissions == sizes.submissions:
            return stored_counts
        begin, at = time.monotonic(), (name, raw["phase"])
        self._shown = {each: shown for each, shown in self._shown.items() if begin < shown[0]}
        if at in self._shown:
            return self._shown[at][1]
        start_seconds = time.thread_time()
        counts = count(read_alike(self.report(name)), sizes.sources, int(raw.get("deleted", "0")))
        took = time.thread_time() - start_seconds
        if raw["phase"] in _COUNTED_ONCE:
            # Whoever looks next adds them up again.
            with suppress(StoreUnavailable):
                self._store_counts(name, raw, counts)
        elif took > _QUICK:
            self._shown[at] = time.monotonic() + _REST * took, counts
        return counts

    @in_transaction
    def _store_counts(self, transaction: Transaction, name: str, raw: Mapping[str, str], counts: RegradeCounts) -> None:
        key = keys.key(Kind.REGRADE, name)
        # Nothing happened while they were added up.
        if texts(transaction.read.hgetall(key)) == raw:
            transaction.write.hset(key, "counts", json.dumps(asdict(counts)))
