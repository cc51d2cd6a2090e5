"""Rosters of platforms: when each course's is read next, and how that went last."""

from typing import Any

from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.scores import RosterReading
from backmark.grader.store import keys
from backmark.grader.store.acts import record
from backmark.grader.store.connection import Connection, seconds, text, texts
from backmark.grader.store.transactions import Transaction, Transactions, in_transaction

#: Milliseconds between two readings of a roster: the longest pause there is.
_DAILY = 86_400_000
_DUE = keys.key("lti-rosters")


class Rosters:
    """The rosters of all platforms. `ahead` moves the clock that many seconds ahead of Redis's, for tests."""

    def __init__(self, redis: Connection, transactions: Transactions, ahead: float = 0.0) -> None:
        self._redis = redis
        self.transactions = transactions
        self.ahead = ahead

    @in_transaction
    def claim(self, transaction: Transaction, limit: int, lease: float) -> list[str]:
        """Return the courses whose rosters are due; each is due again in `lease` seconds unless it is concluded."""
        now = transaction.now() + self._ahead
        # Put off for longer than there is a pause: the clock was set back since.
        late = transaction.read.zrangebyscore(_DUE, f"({now + _DAILY}", "+inf")
        due = [*late, *transaction.read.zrangebyscore(_DUE, "-inf", now, start=0, num=limit)]
        for place, course in enumerate(due):
            transaction.write.zadd(_DUE, {course: now if place >= limit else now + round(lease * 1000)})
        return [text(course) for course in due[:limit]]

    @in_transaction
    def conclude(self, transaction: Transaction, course: str, problem: str = "", pause: float | None = None) -> None:
        """Record how a reading went. The next is in `pause` seconds, by default tomorrow."""
        if not transaction.read.exists(keys.key("lti-context", course)):
            return
        now = transaction.now() + self._ahead
        wait = _DAILY if pause is None else min(_DAILY, round(pause * 1000))
        reading: dict[Any, Any] = {"tried": now, "problem": problem} | ({} if problem else {"read": now})
        transaction.write.zadd(_DUE, {course: now + wait})
        transaction.write.hset(keys.key("lti-roster", course), mapping=reading)
        transaction.write.hincrby(keys.COUNTERS, "rosters:failed" if problem else "rosters:read")

    @in_transaction
    def request(self, transaction: Transaction, course: str, author: str = "") -> bool:
        """Have a roster read now; return False if the course's platform offers none."""
        is_offered = transaction.read.zscore(_DUE, course) is not None
        if is_offered:
            transaction.write.zadd(_DUE, {course: transaction.now()})
            record(transaction, course, AuditEntry(0, author, "roster.read", ""))
        return is_offered

    def reading(self, course: str) -> RosterReading | None:
        """Return how the last reading went, or None if the course's platform offers no roster."""
        if self._redis.zscore(_DUE, course) is None:
            return None
        raw = texts(self._redis.hgetall(keys.key("lti-roster", course)))
        return RosterReading(seconds(raw.get("read")), seconds(raw.get("tried")), raw.get("problem", ""))

    @property
    def _ahead(self) -> int:
        return round(self.ahead * 1000)
