"""Scores: the marks of students in line items, and what has become of each on its way to the gradebook.

Nothing but the fact that a mark may have changed is recorded, by the functions that change it. The mark itself is
worked out when it is sent, after the claim: so what is sent is never older than the change that it was claimed for.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from backmark.grader.model.lti import LineItem
from backmark.grader.model.scores import ColumnFailure, Score, ScoreReason, ScoreState
from backmark.grader.model.stored import read
from backmark.grader.store import keys
from backmark.grader.store.connection import Connection, seconds, text, texts
from backmark.grader.store.functions import Functions

#: Milliseconds after its change at which a score is given up.
GIVE_UP = 86_400_000
#: Milliseconds for which a column fails, while others of its platform get marks, before it is parked; and those from
#: one try of a parked column to the next.
PARK_AFTER, PARKED = 600_000, 86_400_000
#: Scores that are read at once.
_CHUNK = 500


class ScoreResult(StrEnum):
    """The result of a claim."""

    SENT = "sent"
    #: The gradebook has this mark already.
    SAME = "same"
    NOTHING = "nothing"
    RETRY = "retry"
    FAILED = "failed"
    #: The platform has no such column any more: nothing is sent to it until a launch names it, or staff ask for that.
    GONE = "gone"


class ScoreBlame(StrEnum):
    """The part of a platform that failed, and is left alone for a while."""

    COLUMN = "column"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class ScoreClaim:
    """The right to send one student's mark to one line item, until its lease ends."""

    item: LineItem
    student: str
    fence: str
    #: The timestamp of the post, in seconds since 1970: later than every one before, by at least a second.
    timestamp: float
    #: The fingerprint of what was sent last; empty: nothing, or it is not known.
    sent: str
    #: The submission that the gradebook shows; empty: none.
    shown: str
    #: True if nothing was ever sent to this line item for this student.
    first: bool
    #: The number of the try since the mark changed, from 1.
    number: int
    #: How often the column, or the platform if that is more, has failed since it last answered.
    failures: int = 0


@dataclass(frozen=True, slots=True)
class ScoreEnd:
    """The end of a claim."""

    result: ScoreResult
    #: False if nothing reached the line item: it is as it was before the claim.
    reached: bool = False
    #: The fingerprint of what was sent, and the submission that it shows.
    sent: str = ""
    shown: str = ""
    status: int | None = None
    reason: ScoreReason | None = None
    #: The error in the platform's words, or of the connection.
    detail: str = ""
    #: Seconds before the next try of this score.
    pause: float = 0.0
    #: The part of the platform that is to blame, if any, and the seconds for which that is left alone.
    blame: ScoreBlame | None = None
    hold: float = 0.0


class Scores:
    """All scores. `ahead` moves the clock that many seconds ahead of Redis's, for tests."""

    def __init__(self, redis: Connection, functions: Functions, ahead: float = 0.0) -> None:
        self._redis = redis
        self._functions = functions
        self.ahead = ahead

    def claim(self, limit: int, most: int, lease: float) -> list[ScoreClaim]:
        """Claim up to `limit` scores that wait for `lease` seconds, with at most `most` of one platform in progress."""
        rows = self._functions.call("score_claim", ahead=self._ahead, limit=limit, most=most, lease=round(lease * 1000))
        return [_claim(row) for row in rows]

    def conclude(self, claim: ScoreClaim, end: ScoreEnd) -> ScoreState | None:
        """Record the end of a claim. Returns None if it was lost. A mark that changed meanwhile waits again."""
        state = self._functions.call(
            "score_conclude",
            ahead=self._ahead,
            item=claim.item.id,
            student=claim.student,
            fence=claim.fence,
            result=end.result,
            unreached=not end.reached,
            sent=end.sent if end.reached else claim.sent,
            shown=end.shown,
            first=claim.first,
            status=end.status or "",
            reason=end.reason or "",
            detail=end.detail,
            pause=round(end.pause * 1000),
            give_up=GIVE_UP,
            blame=end.blame,
            hold=round(end.hold * 1000),
            park_after=PARK_AFTER,
            parked=PARKED,
        )
        return None if state is None else ScoreState(text(state))

    def send_again(self, course: str, assignment: str) -> int:
        """Send all marks of an assignment again, also those that the gradebook should have; return their number."""
        return int(self._functions.call("scores_again", course=course, assignment=assignment))

    def try_columns(self, course: str, assignment: str) -> int:
        """Try the columns of an assignment now that failed before; return their number."""
        return int(self._functions.call("scores_try", course=course, assignment=assignment))

    def column_failure(self, item: str) -> ColumnFailure | None:
        """Return how a line item fails, or None if it gets its marks."""
        raw = texts(self._redis.hgetall(keys.key("scores", "column", item)))
        if not raw:
            return None
        status = int(raw["status"]) if raw.get("status") else None
        return ColumnFailure(float(raw["since"]) / 1000, seconds(raw.get("parked")), status, raw.get("detail", ""))

    def of(self, item: str) -> Iterator[Score]:
        """Yield all scores of a line item by student."""
        students: Any = self._redis.smembers(keys.key("scores", "students", item))
        names = sorted(map(text, students))
        for place in range(0, len(names), _CHUNK):
            yield from self._read(item, names[place : place + _CHUNK])

    def waiting(self) -> int:
        """Return the number of scores that wait, of all platforms that have any."""
        platforms: Any = self._redis.zrange("bm:scores:due", 0, -1)
        return sum(int(self._redis.zcard(keys.key("scores", "waiting", text(name)))) for name in platforms)

    def overdue(self) -> float:
        """Return the seconds for which a score has waited longest; 0 if none is due."""
        platforms: Any = self._redis.zrange("bm:scores:due", 0, -1)
        firsts = [
            float(first[0][1])
            for name in platforms
            if (first := self._redis.zrange(keys.key("scores", "waiting", text(name)), 0, 0, withscores=True))
        ]
        now, micros = self._redis.time()
        return max(0.0, now + micros / 1e6 + self.ahead - min(firsts) / 1000) if firsts else 0.0

    def _read(self, item: str, students: Iterable[str]) -> Iterator[Score]:
        names = list(students)
        pipeline = self._redis.pipeline(transaction=False)
        for student in names:
            pipeline.hgetall(keys.key("score", item, student))
        for student, raw in zip(names, pipeline.execute(), strict=True):
            if raw:
                yield _score(item, student, texts(raw))

    @property
    def _ahead(self) -> int:
        return round(self.ahead * 1000)


def _claim(row: list[bytes | int]) -> ScoreClaim:
    item, student, fence, stamp, sent, shown, first, tries, failures = (
        value if isinstance(value, int) else text(value) for value in row
    )
    return ScoreClaim(
        item=read(LineItem, json.loads(str(item))),
        student=str(student),
        fence=str(fence),
        timestamp=float(stamp) / 1000,
        sent=str(sent),
        shown=str(shown),
        first=bool(first),
        number=int(tries) + 1,
        failures=int(failures),
    )


def _score(item: str, student: str, raw: dict[str, str]) -> Score:
    return Score(
        line_item=item,
        student=student,
        state=ScoreState(raw["state"]),
        changed=float(raw["since"]) / 1000,
        sent=seconds(raw.get("posted")),
        tries=int(raw["tries"]),
        status=int(raw["status"]) if raw.get("status") else None,
        # A reason that this version does not know is passed over.
        reason=ScoreReason(raw["reason"]) if raw.get("reason") in set(ScoreReason) else None,
        detail=raw.get("detail", ""),
    )
