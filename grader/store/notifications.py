"""The notifications of a course, and the deliveries of each of them.

In keys `callback` is a notification, and in a delivery `endpoint` is its
notification and `submission` the subject of its event.
"""

import re
import secrets
from base64 import b64encode
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from backmark.grader.errors import BackmarkError
from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.notifications import Delivery, DeliveryState, Event, Notification
from backmark.grader.notifications.registry import KINDS
from backmark.grader.store import keys
from backmark.grader.store.acts import record
from backmark.grader.store.connection import Connection, seconds, text, texts
from backmark.grader.store.functions import Functions
from backmark.grader.store.paging import RecordPage, cursor, start
from backmark.grader.store.transactions import Transaction, Transactions, in_transaction

#: Random bytes of an id, and of a secret: Standard Webhooks requires 24 to 64.
_ID, _SECRET = 6, 32
#: The most notifications of one course.
MOST_NOTIFICATIONS = 20
#: Milliseconds after its creation at which a delivery is given up.
GIVE_UP = 86_400_000
#: Milliseconds for which an ended delivery is kept, and the number of successes kept for a notification.
_KEPT, _KEPT_SUCCESSES = 7 * 86_400_000, 100


class Result(StrEnum):
    """The result of an attempt."""

    DELIVERED = "delivered"
    RETRY = "retry"
    #: What it is about no longer exists.
    DROP = "drop"
    #: The receiver refuses further events, and the notification is disabled.
    GONE = "gone"


class TooManyNotifications(BackmarkError):
    """A course has as many notifications as allowed."""


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """A claimed attempt at a delivery, valid until its lease ends."""

    delivery: str
    fence: int
    url: str
    #: The current secret, then the previous one while it still signs.
    secrets: tuple[str, ...] = field(repr=False)
    event: Event
    #: The id of the submission or the regrade that the event is about; empty for a test.
    subject: str
    at: float
    #: The number of the attempt, from 1.
    number: int
    kind: str
    course: str


class Notifications:
    """All notifications and deliveries. `ahead` moves the clock that many seconds ahead of Redis's, for tests."""

    def __init__(self, redis: Connection, functions: Functions, transactions: Transactions, ahead: float = 0.0) -> None:
        self._redis = redis
        self._functions = functions
        self.transactions = transactions
        self.ahead = ahead

    @in_transaction
    def create(
        self, transaction: Transaction, course: str, notification: Notification, author: str = ""
    ) -> tuple[Notification, str | None]:
        """Create a notification and return it with its secret, or None if its kind has none.

        Without events it sends those of its kind. The caller must check that it has no faults, and that posts may go to
        its URL.
        """
        if transaction.read.zcard(keys.key("callbacks", course)) >= MOST_NOTIFICATIONS:
            raise TooManyNotifications(f"the course has {MOST_NOTIFICATIONS} notifications already; remove one")
        kind, number, created = KINDS[notification.kind], secrets.token_hex(_ID), transaction.moment()
        secret, shown = _secret() if kind.signed else None, kind.shown_url(notification.url)
        chosen = tuple(dict.fromkeys(notification.events)) or kind.events
        stored: dict[Any, Any] = {"course": course, "kind": kind.name, "url": notification.url, "shown": shown}
        stored |= {"sends": " ".join(chosen), "secret": secret or "", "created": created, "failures": 0}
        transaction.write.hset(keys.key("callback", number), mapping=stored)
        transaction.write.zadd(keys.key("callbacks", course), {number: created})
        transaction.run("know_course", course=course)
        _record(transaction, course, author, "notification.create", number, kind=kind.name, url=_origin(shown))
        made = replace(notification, id=number, course=course, url=shown, events=chosen, created=float(created) / 1000)
        return made, secret

    def get(self, number: str) -> Notification | None:
        """Return the notification with this id, or None if there is none."""
        return _notification(number, texts(self._redis.hgetall(keys.key("callback", number))))

    def of_course(self, course: str) -> list[Notification]:
        """Return a course's notifications, newest first."""
        names: Any = self._redis.zrevrange(keys.key("callbacks", course), 0, -1)
        found = [self.get(text(name)) for name in names]
        return [notification for notification in found if notification is not None]

    @in_transaction
    def rotate(self, transaction: Transaction, number: str, hours: float, author: str = "") -> str | None:
        """Replace the secret; the previous one still signs for `hours`. Returns None if there is none to replace."""
        notification = keys.key("callback", number)
        course, old = transaction.read.hmget(notification, "course", "secret")
        if course is None or not old:
            return None
        secret = _secret()
        transaction.write.hset(notification, "secret", secret)
        if hours > 0:
            until = transaction.now() + self._ahead + round(hours * 3_600_000)
            transaction.write.hset(notification, mapping={"previous": old, "previous_until": until})
        else:
            transaction.write.hdel(notification, "previous", "previous_until")
        _record(transaction, text(course), author, "notification.rotate", number)
        return secret

    def test(self, number: str, author: str = "") -> Delivery | None:
        """Send a test message, and return its delivery; None if the notification does not exist, or is disabled."""
        name = self._functions.call("notification_test", ahead=self._ahead, id=number, author=author)
        if name is None:
            return None
        return _delivery(text(name), texts(self._redis.hgetall(keys.key("delivery", text(name)))))

    @in_transaction
    def remove(self, transaction: Transaction, number: str, author: str = "") -> bool:
        """Remove a notification and its deliveries, also pending ones; return False if there is none."""
        course, shown = transaction.read.hmget(keys.key("callback", number), "course", "shown")
        if course is None:
            return False
        transaction.run("notification_remove", id=number)
        _record(transaction, text(course), author, "notification.remove", number, url=_origin(text(shown or b"")))
        return True

    def move(self, limit: int = 500) -> tuple[int, list[str]]:
        """Turn the oldest events into deliveries; return the number of events, and those that could not be read."""
        taken, *unreadable = self._functions.call("notification_move", ahead=self._ahead, limit=limit)
        return int(taken), [repr(event) for event in unreadable]

    def claim(self, limit: int, most: int, lease: float) -> list[DeliveryAttempt]:
        """Claim up to `limit` due deliveries for `lease` seconds, at most `most` of one notification in progress."""
        rows = self._functions.call(
            "notification_claim", ahead=self._ahead, limit=limit, most=most, lease=round(lease * 1000)
        )
        return [attempt for row in rows if (attempt := _attempt(row)) is not None]

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
        state = self._functions.call(
            "notification_conclude",
            ahead=self._ahead,
            delivery=attempt.delivery,
            fence=str(attempt.fence),
            result=result,
            status=status or "",
            error=error,
            pause=round(pause * 1000),
            give_up=GIVE_UP,
            kept=_KEPT,
            kept_successes=_KEPT_SUCCESSES,
        )
        return None if state is None else DeliveryState(text(state))

    def deliveries(
        self, number: str, state: DeliveryState, limit: int = 50, after: str | None = None
    ) -> RecordPage[Delivery]:
        """Return a page of a notification's deliveries in a state, newest first. Raises BadCursor for a bad cursor."""
        index = keys.key("deliveries", state, number)
        rows: Any = self._redis.zrevrangebyscore(index, start(after), "-inf", 0, limit + 1, withscores=True)
        pipeline = self._redis.pipeline(transaction=False)
        for name, _ in rows[:limit]:
            pipeline.hgetall(keys.key("delivery", text(name)))
        read = zip(rows, pipeline.execute(), strict=False)
        # A hash may have expired, or changed its state, since.
        found = (_delivery(text(name), texts(raw)) for (name, _), raw in read if raw)
        items = tuple(delivery for delivery in found if delivery is not None)
        return RecordPage(items, cursor(rows[limit - 1][1]) if len(rows) > limit else None)

    def unsent(self) -> int:
        """Return the number of events that no sweeper has turned into deliveries yet."""
        return int(self._redis.llen("bm:outbox"))

    def overdue(self) -> float:
        """Return the seconds for which the delivery that is due first has been due; 0 if none is."""
        first: Any = self._redis.zrange("bm:notifications:due", 0, 0, withscores=True)
        if not first:
            return 0.0
        due, (now, micros) = float(first[0][1]), self._redis.time()
        return max(0.0, now + micros / 1e6 + self.ahead - due / 1000)

    @property
    def _ahead(self) -> int:
        return round(self.ahead * 1000)


def _record(transaction: Transaction, course: str, author: str, act: str, number: str, **details: str) -> None:
    record(transaction, course, AuditEntry(0, author, act, number, details=details))


def _origin(shown: str) -> str:
    """Return what the log says of a URL."""
    start = re.match("[A-Za-z]+://[^/?]*", shown)
    return start[0] if start else ""


def _secret() -> str:
    return "whsec_" + b64encode(secrets.token_bytes(_SECRET)).decode()


def _notification(number: str, raw: dict[str, str]) -> Notification | None:
    if not raw:
        return None
    return Notification(
        id=number,
        course=raw["course"],
        kind=raw["kind"],
        url=raw["shown"],
        # Events that this version does not know are never sent.
        events=tuple(Event(name) for name in raw["sends"].split() if name in set(Event)),
        created=float(raw["created"]) / 1000,
        disabled=seconds(raw.get("disabled")),
        disabled_reason=raw.get("reason"),
        previous_until=seconds(raw.get("previous_until")),
    )


def _delivery(name: str, raw: dict[str, str]) -> Delivery | None:
    """Return a delivery, or None if it is of an event that this version does not know."""
    if raw.get("event") not in set(Event):
        return None
    event = Event(raw["event"])
    about = {event.subject: raw["submission"]} if event.subject else {}
    return Delivery(
        id=name,
        event=event,
        state=DeliveryState(raw["state"]),
        attempts=int(raw["attempts"]),
        **about,
        status=int(raw["status"]) if raw.get("status") else None,
        error=raw.get("error") or None,
        created=float(raw["created"]) / 1000,
        due=seconds(raw.get("due")),
        ended=seconds(raw.get("ended")),
    )


def _attempt(row: list[bytes | int]) -> DeliveryAttempt | None:
    """Return an attempt; None if it is another version's to make: it is claimed again when its lease ends."""
    name, fence, url, secret, old, event, subject, at, number, kind, course = (
        value if isinstance(value, int) else text(value) for value in row
    )
    if event not in set(Event) or kind not in KINDS:
        return None
    return DeliveryAttempt(
        delivery=str(name),
        fence=int(fence),
        url=str(url),
        secrets=tuple(str(value) for value in (secret, old) if value),
        event=Event(str(event)),
        subject=str(subject),
        at=float(at) / 1000,
        number=int(number),
        kind=str(kind),
        course=str(course),
    )
