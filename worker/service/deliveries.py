"""Delivers notifications: signed if their kind is, retried for a day, and never to a forbidden destination.

Delivery is at least once: if a process dies, its attempt is repeated when the lease ends, and the receiver recognises
it by its `webhook-id`. Several processes may run this at the same time.
"""

import json
import logging
import ssl
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from threading import Event as Signal

import httpcore
from standardwebhooks import Webhook
from structlog.contextvars import bound_contextvars, clear_contextvars

from backmark.grader.errors import StoreUnavailable
from backmark.grader.model.trace import receive
from backmark.grader.model.views import hold_back
from backmark.grader.notifications.kind import Occurrence
from backmark.grader.notifications.registry import KINDS
from backmark.grader.outbound.addresses import BadDestination, Destinations
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.notifications import DeliveryAttempt, Result
from backmark.grader.store.store import Store
from backmark.worker.service.posts import Message, NoAnswer, ReceiverAnswer, post
from backmark.worker.service.rounds import pause, run_rounds
from backmark.worker.service.tracing import bind_trace

_log = logging.getLogger(__name__)

#: Simultaneous posts of one notification; a failing one gets one at a time.
OF_ONE_NOTIFICATION = 4
#: Seconds after which an attempt that was not concluded is repeated: time for a slow name and a post.
LEASE = 60.0
#: Seconds before the second attempt, the factor before each next one, and the longest pause.
_FIRST_PAUSE, _GROWTH, _LONGEST_PAUSE = 5.0, 4.0, 7200.0
#: The most characters of an error that are stored.
_WORDS = 200


class Deliveries:
    """The deliveries that are due. `context` is the TLS context, by default with the machine's authorities."""

    def __init__(
        self,
        store: Store,
        settings: ServiceSettings,
        *,
        destinations: Destinations | None = None,
        context: ssl.SSLContext | None = None,
        lease: float = LEASE,
    ) -> None:
        self._store = store
        self._settings = settings
        self._destinations = destinations or Destinations.of(settings)
        self._context = context or httpcore.default_ssl_context()
        self._lease = lease

    def loop(self, stop: Signal) -> None:
        """Deliver until `stop` is set, without waiting for slow attempts; then finish those in progress."""
        run_rounds("notifications", self.start_due, stop)

    def start_due(self, pool: ThreadPoolExecutor, places: int) -> set[Future[None]]:
        """Turn events into deliveries, and start as many of the attempts that are due as there are free places."""
        _, unreadable = self._store.notifications.move()
        for event in unreadable:
            _log.error("an event that cannot be read was dropped: %s", event)
        if places <= 0:
            return set()
        attempts = self._store.notifications.claim(places, OF_ONE_NOTIFICATION, self._lease)
        return {pool.submit(self._attempt, attempt) for attempt in attempts}

    def _attempt(self, attempt: DeliveryAttempt) -> None:
        """Make one attempt and record its result."""
        # A thread makes many attempts, and `bind_trace` binds for the rest of this one.
        clear_contextvars()
        with bound_contextvars(job=f"{attempt.event.subject or attempt.event} {attempt.subject}".strip()):
            self._attempt_and_log(attempt)

    def _attempt_and_log(self, attempt: DeliveryAttempt) -> None:
        """The edge of a task: no error may affect the others."""
        started = time.monotonic()
        try:
            end = self._deliver(attempt)
        except StoreUnavailable:
            # The result cannot be recorded; the attempt is repeated when its lease ends.
            raise
        except Exception:  # noqa: BLE001 - the edge of a task
            _log.exception("an attempt at %s failed with an internal error", attempt.delivery)
            end = _End(Result.RETRY, "internal error in Backmark; see its log")
        wait = max(pause(attempt.number, _FIRST_PAUSE, _GROWTH, _LONGEST_PAUSE), end.pause)
        self._store.notifications.conclude(attempt, end.result, status=end.status, error=end.words, pause=wait)
        fields = {
            "delivery": attempt.delivery,
            "attempt": attempt.number,
            "status": end.status,
            "state": end.result.value,
            "milliseconds": round(1000 * (time.monotonic() - started), 1),
        }
        _log.info("notification attempted", extra=fields)

    def _deliver(self, attempt: DeliveryAttempt) -> "_End":
        occurrence = self._read(attempt)
        if occurrence is None:
            return _End(Result.DROP, f"the {attempt.event.subject} was deleted")
        if occurrence.submission is not None:
            bind_trace(occurrence.submission.trace)
        try:
            destination = self._destinations.read(attempt.url)
            addresses = self._destinations.addresses(destination)
            answer = post(destination, addresses, message(attempt, occurrence), self._context)
        except (BadDestination, NoAnswer) as error:
            return _End(Result.RETRY, str(error)[:_WORDS])
        return _end_of(answer)

    def _read(self, attempt: DeliveryAttempt) -> Occurrence | None:
        """Return the event with what it is about as that stands now, or None if that was deleted."""
        course = f"/courses/{attempt.course}"
        occurrence = Occurrence(attempt.event, attempt.at, attempt.course, "", self._url(f"{course}/notifications"))
        if not attempt.event.subject:
            return occurrence
        if attempt.event.subject == "regrade":
            regrade = self._store.regrades.get(attempt.subject)
            page = self._url(f"{course}/regrades/{attempt.subject}")
            return None if regrade is None else replace(occurrence, assignment=regrade.selection.assignment, page=page)
        submission = self._store.submissions.get(attempt.subject)
        page = self._url(f"{course}/submissions/{attempt.subject}")
        if submission is None:
            return None
        policy = self._store.courses.policy(submission.course, submission.assignment)
        if policy is not None and policy.held_back:
            submission = hold_back(submission)
        return replace(occurrence, assignment=submission.assignment, page=page, submission=submission)

    def _url(self, path: str) -> str:
        return self._settings.own_url(path) or path


@dataclass(frozen=True, slots=True)
class _End:
    """The end of an attempt."""

    result: Result
    words: str = ""
    status: int | None = None
    #: Seconds that the receiver asked to wait.
    pause: float = 0.0


def message(attempt: DeliveryAttempt, occurrence: Occurrence) -> Message:
    """Return the message of an attempt, signed for now with each of the notification's secrets, if it has any."""
    now = datetime.fromtimestamp(int(time.time()), UTC)
    body = json.dumps(KINDS[attempt.kind].body(occurrence), separators=(",", ":"))
    submission = occurrence.submission
    trace = ((submission.trace if submission else None) or receive()).next()
    headers = {
        "X-Request-ID": trace.request_id,
        "traceparent": trace.traceparent,
        "Content-Type": "application/json",
        "User-Agent": "Backmark",
    }
    if attempt.secrets:
        signatures = [Webhook(secret).sign(attempt.delivery, now, body) for secret in attempt.secrets]
        headers |= {
            "webhook-id": attempt.delivery,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
    return Message(headers, body.encode())


def _end_of(answer: ReceiverAnswer) -> _End:
    """Return the end of an attempt by the receiver's answer: only 2xx is a success; 410 disables the notification."""
    status = answer.status
    if 200 <= status < 300:
        return _End(Result.DELIVERED, status=status)
    if status == HTTPStatus.GONE:
        return _End(Result.GONE, "the receiver answered 410: it wants no more events", status)
    words = f"the receiver answered {status}" + ("; redirects are not followed" if 300 <= status < 400 else "")
    return _End(Result.RETRY, words, status, answer.retry_after or 0.0)
