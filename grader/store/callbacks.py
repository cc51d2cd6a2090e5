"""Callbacks: which endpoints a course has, and what is still to be told to each of them."""

import secrets
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from grader.errors import BackmarkError
from grader.store import keys
from grader.store.connection import Connection, seconds, text, texts
from grader.store.paging import Page, cursor, start
from grader.store.scripts import Scripts

#: Random bytes of an id, and of a secret: Standard Webhooks asks for 24 to 64.
_ID, _SECRET = 6, 32
#: Endpoints of one course.
MOST_ENDPOINTS = 20
#: Milliseconds from its creation after which a delivery is tried for the last time.
GIVE_UP = 86_400_000
#: Milliseconds for which the end of a delivery is remembered, and the successes of an endpoint that are.
_KEPT, _KEPT_SUCCESSES = 7 * 86_400_000, 100


class Event(StrEnum):
    """What an endpoint can be told of."""

    DONE = "submission.done"
    SUPERSEDED = "submission.superseded"
    CANCELLED = "submission.cancelled"
    SERVICE_FAILED = "submission.service_failed"
    #: A regrade, or its rollback, gave it another verdict.
    REGRADED = "submission.regraded"


class Progress(StrEnum):
    """Where a delivery is."""

    PENDING = "pending"
    DELIVERED = "delivered"
    #: Given up, or not to be sent any more.
    FAILED = "failed"


class Result(StrEnum):
    """How an attempt ended."""

    DELIVERED = "delivered"
    RETRY = "retry"
    #: There is nothing left to tell of.
    DROP = "drop"
    #: The receiver wants no more: its endpoint is disabled.
    GONE = "gone"


class TooManyEndpoints(BackmarkError):
    """A course has as many endpoints as it may."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a course is called back. Its secret is shown when it is made, and never again."""

    id: str
    course: str
    url: str
    events: tuple[Event, ...]
    created: float
    #: When the receiver said that it wants no more, and in what words that was noted.
    disabled: float | None = None
    reason: str | None = None
    #: Until when the secret before signs along.
    previous_until: float | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one endpoint; its id is the `webhook-id` of every attempt. It names no student."""

    id: str
    endpoint: str
    event: Event
    submission: str
    #: When the event was.
    at: float
    created: float
    state: Progress
    attempts: int
    #: Of the last attempt: what the receiver answered, and what went wrong.
    status: int | None = None
    error: str | None = None
    #: When it is tried again, where it failed before.
    due: float | None = None
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """The right to try a delivery until a lease ends, and what that takes."""

    delivery: str
    fence: int
    url: str
    #: The one that holds, then the one before while it signs along.
    secrets: tuple[str, ...] = field(repr=False)
    event: Event
    submission: str
    at: float
    #: The first, second...
    number: int


class Callbacks:
    """All endpoints and deliveries. `ahead` (seconds) moves its clock before Redis's, for tests of what takes a day."""

    def __init__(self, redis: Connection, ahead: float = 0.0) -> None:
        self._redis = redis
        self._scripts = Scripts(redis)
        self.ahead = ahead

    def create(self, course: str, url: str, events: Iterable[Event] = tuple(Event)) -> tuple[Endpoint, str]:
        """A new endpoint and its secret. Whether callbacks may go to that URL is the caller's to check."""
        number, secret = secrets.token_hex(_ID), _secret()
        chosen = tuple(dict.fromkeys(events))
        created = self._scripts.run("callback_create", number, course, url, " ".join(chosen), secret, MOST_ENDPOINTS)
        if created is None:
            raise TooManyEndpoints(f"the course has {MOST_ENDPOINTS} endpoints already; remove one")
        return Endpoint(number, course, url, chosen, float(created) / 1000), secret

    def get(self, number: str) -> Endpoint | None:
        """The endpoint of that id."""
        return _endpoint(number, texts(self._redis.hgetall(keys.key("callback", number))))

    def endpoints(self, course: str) -> list[Endpoint]:
        """A course's endpoints, newest first."""
        names: Any = self._redis.zrevrange(keys.key("callbacks", course), 0, -1)
        found = [self.get(text(name)) for name in names]
        return [each for each in found if each is not None]

    def rotate(self, number: str, hours: float) -> str | None:
        """Its new secret, while the one before signs along for so many hours more; None where there is no endpoint."""
        secret = _secret()
        known = self._scripts.run("callback_rotate", self._ahead, number, secret, round(hours * 3_600_000))
        return secret if known else None

    def remove(self, number: str) -> bool:
        """Remove it, and whatever was still to be told to it; False where there is none."""
        return bool(self._scripts.run("callback_remove", number))

    def move(self, limit: int = 500) -> tuple[int, list[str]]:
        """Make deliveries of the oldest events; how many events that were, and those that nobody can read."""
        taken, *unreadable = self._scripts.run("callback_move", self._ahead, limit)
        return int(taken), [repr(each) for each in unreadable]

    def claim(self, limit: int, most: int, lease: float) -> list[Attempt]:
        """Deliveries that are due, for `lease` seconds: at most so many, and `most` of one endpoint at a time."""
        found = self._scripts.run("callback_claim", self._ahead, limit, most, round(lease * 1000))
        return [_attempt(row) for row in found]

    def conclude(
        self, attempt: Attempt, result: Result, *, status: int | None = None, error: str = "", pause: float = 0.0
    ) -> Progress | None:
        """Note how it ended; where it is to be tried again, in `pause` seconds. None where the lease was another's."""
        state = self._scripts.run(
            "callback_conclude",
            *(self._ahead, attempt.delivery, attempt.fence, result.value, status or "", error, round(pause * 1000)),
            *(GIVE_UP, _KEPT, _KEPT_SUCCESSES),
        )
        return None if state is None else Progress(text(state))

    def deliveries(self, number: str, state: Progress, limit: int = 50, after: str | None = None) -> Page[Delivery]:
        """An endpoint's deliveries in that state, newest first. BadCursor where the cursor is none that a page gave."""
        index = keys.key("deliveries", state, number)
        rows: Any = self._redis.zrevrangebyscore(index, start(after), "-inf", 0, limit + 1, withscores=True)
        pipeline = self._redis.pipeline(transaction=False)
        for name, _ in rows[:limit]:
            pipeline.hgetall(keys.key("delivery", text(name)))
        found = zip(rows, pipeline.execute(), strict=False)
        # A hash may have expired, or changed its state, since.
        items = tuple(_delivery(text(name), texts(raw)) for (name, _), raw in found if raw)
        return Page(items, cursor(rows[limit - 1][1]) if len(rows) > limit else None)

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
        # Of one that this version does not know, it has nothing to tell.
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
        state=Progress(raw["state"]),
        attempts=int(raw["attempts"]),
        status=int(raw["status"]) if raw.get("status") else None,
        error=raw.get("error") or None,
        due=seconds(raw.get("due")),
        ended=seconds(raw.get("ended")),
    )


def _attempt(row: list[bytes | int]) -> Attempt:
    name, fence, url, secret, old, event, submission, at, number = (
        each if isinstance(each, int) else text(each) for each in row
    )
    return Attempt(
        delivery=str(name),
        fence=int(fence),
        url=str(url),
        secrets=tuple(str(each) for each in (secret, old) if each),
        event=Event(str(event)),
        submission=str(submission),
        at=float(at) / 1000,
        number=int(number),
    )
