"""Callbacks: the endpoints of a course, and the deliveries to each of them."""

import secrets
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from backmark.grader.errors import BackmarkError
from backmark.grader.store import keys
from backmark.grader.store.connection import Connection, seconds, text, texts
from backmark.grader.store.paging import RecordPage, cursor, start
from backmark.grader.store.scripts import Scripts

#: Random bytes of an id, and of a secret: Standard Webhooks requires 24 to 64.
_ID, _SECRET = 6, 32
#: The most endpoints of one course.
MOST_ENDPOINTS = 20
#: Milliseconds after its creation at which a delivery is given up.
GIVE_UP = 86_400_000
#: Milliseconds for which an ended delivery is kept, and the number of successes kept for an endpoint.
_KEPT, _KEPT_SUCCESSES = 7 * 86_400_000, 100


class Event(StrEnum):
    """An event that can be sent to an endpoint."""

    DONE = "submission.done"
    SUPERSEDED = "submission.superseded"
    CANCELLED = "submission.cancelled"
    SERVICE_FAILED = "submission.service_failed"
    #: A regrade or its rollback replaced the verdict.
    REGRADED = "submission.regraded"


class DeliveryState(StrEnum):
    """The state of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    #: Given up, or no longer to be sent.
    FAILED = "failed"


class Result(StrEnum):
    """The result of an attempt."""

    DELIVERED = "delivered"
    RETRY = "retry"
    #: The submission no longer exists.
    DROP = "drop"
    #: The receiver refuses further events, and the endpoint is disabled.
    GONE = "gone"


class TooManyEndpoints(BackmarkError):
    """A course has as many endpoints as allowed."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint that is called back. Its secret is shown when it is created, and never again."""

    id: str
    course: str
    url: str
    events: tuple[Event, ...]
    created: float
    #: When the receiver refused further events, and the recorded reason.
    disabled: float | None = None
    reason: str | None = None
    #: When the previous secret stops signing.
    previous_until: float | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """The delivery of one event to one endpoint; its id is the `webhook-id` of each attempt. It names no student."""

    id: str
    endpoint: str
    event: Event
    submission: str
    #: When the event happened.
    at: float
    created: float
    state: DeliveryState
    attempts: int
    #: The status and the error of the last attempt.
    status: int | None = None
    error: str | None = None
    #: When the next attempt is due, if one failed before.
    due: float | None = None
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """A claimed attempt at a delivery, valid until its lease ends."""

    delivery: str
    fence: int
    url: str
    #: The current secret, then the previous one while it still signs.
    secrets: tuple[str, ...] = field(repr=False)
    event: Event
    submission: str
    at: float
    #: The number of the attempt, from 1.
    number: int


class Callbacks:
    """All endpoints and deliveries. `ahead` moves the clock that many seconds ahead of Redis's, for tests."""

    def __init__(self, redis: Connection, ahead: float = 0.0) -> None:
        self._redis = redis
        self._scripts = Scripts(redis)
        self.ahead = ahead

    def create(
        self, course: str, url: str, events: Iterable[Event] = tuple(Event), author: str = ""
    ) -> tuple[Endpoint, str]:
        """Create an endpoint and return it with its secret. The caller must check that callbacks may go to the URL."""
        number, secret = secrets.token_hex(_ID), _secret()
        chosen = tuple(dict.fromkeys(events))
        created = self._scripts.run(
            "callback_create", number, course, url, " ".join(chosen), secret, MOST_ENDPOINTS, author
        )
        if created is None:
            raise TooManyEndpoints(f"the course has {MOST_ENDPOINTS} endpoints already; remove one")
        return Endpoint(number, course, url, chosen, float(created) / 1000), secret

    def get(self, number: str) -> Endpoint | None:
        """Return the endpoint with this id, or None if there is none."""
        return _endpoint(number, texts(self._redis.hgetall(keys.key("callback", number))))

    def endpoints(self, course: str) -> list[Endpoint]:
        """Return a course's endpoints, newest first."""
        names: Any = self._redis.zrevrange(keys.key("callbacks", course), 0, -1)
        endpoints = [self.get(text(name)) for name in names]
        return [endpoint for endpoint in endpoints if endpoint is not None]

    def rotate(self, number: str, hours: float, author: str = "") -> str | None:
        """Replace the secret; the previous one still signs for `hours`. Returns None if there is no such endpoint."""
        secret = _secret()
        exists = self._scripts.run("callback_rotate", self._ahead, number, secret, round(hours * 3_600_000), author)
        return secret if exists else None

    def remove(self, number: str, author: str = "") -> bool:
        """Remove an endpoint and its pending deliveries; return False if there is no such endpoint."""
        return bool(self._scripts.run("callback_remove", number, author))

    def move(self, limit: int = 500) -> tuple[int, list[str]]:
        """Turn the oldest events into deliveries; return the number of events, and those that could not be read."""
        taken, *unreadable = self._scripts.run("callback_move", self._ahead, limit)
        return int(taken), [repr(event) for event in unreadable]

    def claim(self, limit: int, most: int, lease: float) -> list[DeliveryAttempt]:
        """Claim up to `limit` due deliveries for `lease` seconds, with at most `most` of one endpoint in progress."""
        rows = self._scripts.run("callback_claim", self._ahead, limit, most, round(lease * 1000))
        return [_attempt(row) for row in rows]

    def conclude(
        self,
        attempt: DeliveryAttempt,
        result: Result,
        *,
        status: int | None = None,
        error: str = "",
        pause: float = 0.0,
    ) -> DeliveryState | None:
        """Record the result of an attempt, to be repeated in `pause` seconds. Returns None if the lease was lost."""
        state = self._scripts.run(
            "callback_conclude",
            *(self._ahead, attempt.delivery, attempt.fence, result.value, status or "", error, round(pause * 1000)),
            *(GIVE_UP, _KEPT, _KEPT_SUCCESSES),
        )
        return None if state is None else DeliveryState(text(state))

    def deliveries(
        self, number: str, state: DeliveryState, limit: int = 50, after: str | None = None
    ) -> RecordPage[Delivery]:
        """Return a page of an endpoint's deliveries in a state, newest first. Raises BadCursor for a bad cursor."""
        index = keys.key("deliveries", state, number)
        rows: Any = self._redis.zrevrangebyscore(index, start(after), "-inf", 0, limit + 1, withscores=True)
        pipeline = self._redis.pipeline(transaction=False)
        for name, _ in rows[:limit]:
            pipeline.hgetall(keys.key("delivery", text(name)))
        read = zip(rows, pipeline.execute(), strict=False)
        # A hash may have expired, or changed its state, since.
        items = tuple(_delivery(text(name), texts(raw)) for (name, _), raw in read if raw)
        return RecordPage(items, cursor(rows[limit - 1][1]) if len(rows) > limit else None)

    def unsent(self) -> int:
        """Return the number of events that no sweeper has turned into deliveries yet."""
        return int(self._redis.llen("bm:outbox"))

    def overdue(self) -> float:
        """Return the seconds for which the delivery that is due first has been due; 0 if none is."""
        first: Any = self._redis.zrange("bm:deliveries:due", 0, 0, withscores=True)
        if not first:
            return 0.0
        now, micros = self._redis.time()
        return max(0.0, now + micros / 1e6 + self.ahead - float(first[0][1]) / 1000)

    @property
    def _ahead(self) -> int:
        return round(self.ahead * 1000)


def _secret() -> str:
    return "whsec_" + b64encode(secrets.token_bytes(_SECRET)).decode()


def _endpoint(number: str, raw: dict[str, str]) -> Endpoint | None:
    if not raw:
        return None
    return Endpoint(
        id=number,
        course=raw["course"],
        url=raw["url"],
        # Events that this version does not know are never sent.
        events=tuple(Event(name) for name in raw["events"].split() if name in set(Event)),
        created=float(raw["created"]) / 1000,
        disabled=seconds(raw.get("disabled")),
        reason=raw.get("reason"),
        previous_until=seconds(raw.get("previous_until")),
    )


def _delivery(name: str, raw: dict[str, str]) -> Delivery:
    return Delivery(
        id=name,
        endpoint=raw["endpoint"],
        event=Event(raw["event"]),
        submission=raw["submission"],
        at=float(raw["at"]) / 1000,
        created=float(raw["created"]) / 1000,
        state=DeliveryState(raw["state"]),
        attempts=int(raw["attempts"]),
        status=int(raw["status"]) if raw.get("status") else None,
        error=raw.get("error") or None,
        due=seconds(raw.get("due")),
        ended=seconds(raw.get("ended")),
    )


def _attempt(row: list[bytes | int]) -> DeliveryAttempt:
    name, fence, url, secret, old, event, submission, at, number = (
        value if isinstance(value, int) else text(value) for value in row
    )
    return DeliveryAttempt(
        delivery=str(name),
        fence=int(fence),
        url=str(url),
        secrets=tuple(str(value) for value in (secret, old) if value),
        event=Event(str(event)),
        submission=str(submission),
        at=float(at) / 1000,
        number=int(number),
    )
