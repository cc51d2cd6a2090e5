"""Tells endpoints what happened: signed, tried again for a day, and never to where it may not go.

At least once: an attempt whose process dies is made again when its lease ends, and the receiver knows it by its
`webhook-id`. Several processes may run this beside one another.
"""

import json
import logging
import ssl
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from secrets import SystemRandom
from threading import Event as Stop

import httpcore
from standardwebhooks import Webhook

from grader.addresses import BadDestination, Destinations
from grader.errors import StoreUnavailable
from grader.model.records import Submission
from grader.settings.service import ServiceSettings
from grader.store.callbacks import Attempt, Result
from grader.store.store import Store
from worker.service.posts import Answer, Message, NoAnswer, post

_log = logging.getLogger(__name__)

#: Posts at a time, of this process and of one endpoint; an endpoint that fails is tried one at a time.
THREADS, OF_ONE_ENDPOINT = 16, 4
#: Seconds after which an attempt is made again, if it was not concluded: a post, and a name that is slow to resolve.
LEASE = 60.0
#: Seconds before the second attempt; four times as many before each next one, up to the longest pause; and by what
#: share each is longer or shorter at random, so that what failed together is not tried together.
_FIRST_PAUSE, _GROWTH, _LONGEST_PAUSE, _JITTER = 5.0, 4.0, 7200.0, 0.2
#: Seconds between two looks when nothing is due, and when the store does not answer.
_IDLE, _AWAY = 0.25, 1.0
#: Characters of a trouble's words that are remembered.
_WORDS = 200

_random = SystemRandom()


class Deliveries:
    """Delivers what is due. `context` is what TLS trusts: by default the machine's certificate authorities."""

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
        self._destinations = destinations or Destinations.of(settings)
        self._context = context or httpcore.default_ssl_context()
        self._lease = lease

    def run_due(self) -> int:
        """One round: attempt what is due now, and wait for it. How many attempts that were."""
        with ThreadPoolExecutor(THREADS, thread_name_prefix="callback") as pool:
            started = self._start(pool, THREADS)
        for each in started:
            each.result()
        return len(started)

    def loop(self, stop: Stop) -> None:
        """Round after round, nobody waiting for the slow ones, until `stop`; then those under way are ended."""
        running: set[Future[None]] = set()
        with ThreadPoolExecutor(THREADS, thread_name_prefix="callback") as pool:
            while not stop.is_set():
                done, running = wait(running, timeout=0)
                for each in done:
                    _look_at(each)
                try:
                    started = self._start(pool, THREADS - len(running))
                except StoreUnavailable as error:
                    _log.warning("callbacks wait: %s", error)
                    stop.wait(_AWAY)
                    continue
                running |= started
                if not started:
                    stop.wait(_IDLE)
        for each in running:
            _look_at(each)

    def _start(self, pool: ThreadPoolExecutor, places: int) -> set[Future[None]]:
        """Make deliveries of what happened, and attempts of as many as there are places for."""
        _, unreadable = self._store.callbacks.move()
        for each in unreadable:
            _log.error("an event that cannot be read was dropped: %s", each)
        if places <= 0:
            return set()
        attempts = self._store.callbacks.claim(places, OF_ONE_ENDPOINT, self._lease)
        return {pool.submit(self._attempt, each) for each in attempts}

    def _attempt(self, attempt: Attempt) -> None:
        """Make one attempt, and note how it ended. The edge of a task: whatever goes wrong, the others go on."""
        try:
            end = self._tell(attempt)
        except StoreUnavailable:
            # Nothing can be noted. It is made again when its lease ends.
            raise
        except Exception:  # noqa: BLE001 - the edge of a task
            _log.exception("an attempt at %s broke off", attempt.delivery)
            end = _End(Result.RETRY, "Backmark failed; its log says how")
        pause = max(_pause(attempt.number), end.pause)
        self._store.callbacks.conclude(attempt, end.result, status=end.status, error=end.words, pause=pause)

    def _tell(self, attempt: Attempt) -> "_End":
        submission = self._store.submissions.get(attempt.submission)
        if submission is None:
            return _End(Result.DROP, "its submission was deleted")
        try:
            destination = self._destinations.read(attempt.url)
            addresses = self._destinations.addresses(destination)
            answer = post(destination, addresses, message(attempt, submission), self._context)
        except (BadDestination, NoAnswer) as error:
            return _End(Result.RETRY, str(error)[:_WORDS])
        return _judged(answer)


@dataclass(frozen=True, slots=True)
class _End:
    """How an attempt ended."""

    result: Result
    words: str = ""
    status: int | None = None
    #: Seconds that the receiver asked to wait.
    pause: float = 0.0


def message(attempt: Attempt, submission: Submission) -> Message:
    """The post, signed for this moment with each of the endpoint's secrets.

    It carries neither the source nor the verdict's details: who reads the URL may be anybody in between or behind it,
    while the details are read with a token. What it says of the submission is true now, also when a retry is late.
    """
    now = datetime.fromtimestamp(int(time.time()), UTC)
    body = json.dumps(
        {"type": attempt.event, "timestamp": _rfc3339(attempt.at), "data": _data(submission)}, separators=(",", ":")
    )
    signatures = [Webhook(secret).sign(attempt.delivery, now, body) for secret in attempt.secrets]
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Backmark",
        "webhook-id": attempt.delivery,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    return Message(headers, body.encode())


def _data(submission: Submission) -> dict[str, object]:
    return {
        "id": submission.id,
        "state": submission.state,
        "course": submission.course,
        "assignment": submission.assignment,
        "student": submission.student,
        "attempt": submission.attempt,
        "outcome": submission.outcome,
        "score": submission.score,
        "max_score": submission.max_score,
        "url": f"/api/v1/submissions/{submission.id}",
    }


def _judged(answer: Answer) -> _End:
    """Only 2xx is a success; 410 says that no more are wanted."""
    status = answer.status
    if 200 <= status < 300:
        return _End(Result.DELIVERED, status=status)
    if status == HTTPStatus.GONE:
        return _End(Result.GONE, "the receiver answered 410: it wants no more", status)
    words = f"the receiver answered {status}" + ("; redirects are not followed" if 300 <= status < 400 else "")
    return _End(Result.RETRY, words, status, answer.retry_after or 0.0)


def _pause(attempt: int) -> float:
    """Seconds after a failed attempt, the first being 1."""
    pause = min(_FIRST_PAUSE * _GROWTH ** min(attempt - 1, 10), _LONGEST_PAUSE)
    return pause * _random.uniform(1 - _JITTER, 1 + _JITTER)


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _look_at(ended: Future[None]) -> None:
    """An attempt that could not be noted leaves its lease, and is made again when that ends."""
    if (trouble := ended.exception()) is not None:
        _log.warning("an attempt could not be noted, and will be made again: %s", trouble)
