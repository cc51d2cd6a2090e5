"""Rate limits for each student, link, token and address, counted in Redis for all web processes together.

Requests of tokens and accepted submissions count against shares, which the store counts in the step that reads the
token, or accepts (`grader/store/shares.py`). Refused requests count here, against their sender: a student on a personal
link, a browser on a class link, else an address.
"""

import math
import time
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter

from backmark.grader.errors import StoreUnavailable
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.connection import Connection
from backmark.grader.store.room import RECORD
from backmark.grader.store.shares import Share, Shares
from backmark.grader.web.http.problems import TOO_MANY, Problem


@dataclass(frozen=True, slots=True)
class Sender:
    """The sender of a request, as far as it is known."""

    #: "student", "browser" or "address".
    kind: str
    name: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind}-{sha256(repr(self.name).encode()).hexdigest()[:32]}"


class RequestLimits:
    """The rate limits of the settings."""

    def __init__(self, settings: ServiceSettings, redis: Connection, shares: Shares) -> None:
        storage = RedisStorage(
            settings.redis_url.get_secret_value(),
            connection_pool=redis.connection_pool,
            key_prefix="bm:limits",
            wrap_exceptions=True,
        )
        self._limiter = FixedWindowRateLimiter(storage)
        self._shares = shares
        self._tokens: dict[str, RateLimitItem] = {
            "submit": parse(settings.submit_rate),
            "read": parse(settings.read_rate),
        }
        self._student = parse(settings.student_rate), parse(settings.student_bytes_rate)
        self._seconds = parse(settings.student_seconds_rate)
        self._class = parse(settings.class_rate), parse(settings.class_bytes_rate)
        self._refused, self._address = parse(settings.refused_rate), parse(settings.address_rate)

    def count(self, token: str, weight: str) -> None:
        """Count a request of a token: `submit` for requests that cause work, `read` for all others.

        A full store cannot count, but its content can be read, and deleted to make room. Raises ShareUsedUp if there
        were too many, StoreUnavailable if the store does not answer.
        """
        self._shares.count(self.of_requests(token, weight))

    def of_requests(self, token: str, weight: str) -> Share:
        """Return the share of a token that each of its requests counts against, by weight as for `count`."""
        return _share("requests of this token", (token, weight), 1, self._tokens[weight])

    def admit(self, sender: Sender) -> None:
        """Raise Problem if too many of the sender's requests were refused; StoreUnavailable as for `count`."""
        rate = self._rate(sender)
        try:
            if not (self._limiter.test(rate, str(sender)) or self._restart_window(rate, str(sender))):
                raise self._too_many(rate, f"refused requests of this {sender.kind}", str(sender))
        except StorageError as error:
            raise StoreUnavailable(str(error)) from error

    def refuse(self, sender: Sender) -> None:
        """Count a refused request. If the store cannot count, the answer stays the same."""
        with suppress(StorageError):
            self._limiter.hit(self._rate(sender), str(sender))

    def by_token(self, token: str) -> Share:
        """Return the share of a token that one more submission counts against."""
        return _share("submissions of this token", (token,), 1, self._tokens["submit"])

    def by_student(self, course: str, student: str, size: int) -> tuple[Share, ...]:
        """Return the shares of a verified student that a file of `size` bytes counts against."""
        return self._of_sender("of this student", (course, student), size)

    def by_browser(self, browser: str, size: int) -> tuple[Share, ...]:
        """Return the shares of a browser, whatever names are typed in it, for a file of `size` bytes."""
        return self._of_sender("from this browser", (browser,), size)

    def by_class(self, link: tuple[str, ...], size: int) -> tuple[Share, ...]:
        """Return the shares of a class link, by its signed fields, that a file of `size` bytes counts against."""
        return _shares("of all who use this link", link, size, *self._class)

    def _of_sender(self, whose: str, owner: tuple[str, ...], size: int) -> tuple[Share, ...]:
        label, rate = f"seconds of grading files {whose}", self._seconds
        # Its window opens with the first file; the gradings add to it.
        seconds = Share(label, owner, 1, rate.amount, rate.get_expiry(), of_grading=True)
        return *_shares(whose, owner, size, *self._student), seconds

    def _restart_window(self, rate: RateLimitItem, *name: str) -> bool:
        """Restart a window with one hit, and return True, if it ends too late because the clock was set back."""
        window = self._limiter.get_window_stats(rate, *name)
        if window.reset_time - time.time() <= rate.get_expiry() + 1:
            return False
        self._limiter.clear(rate, *name)
        return self._limiter.hit(rate, *name)

    def _rate(self, sender: Sender) -> RateLimitItem:
        return self._address if sender.kind == "address" else self._refused

    def _too_many(self, rate: RateLimitItem, noun: str, *name: str) -> Problem:
        window = self._limiter.get_window_stats(rate, *name)
        return too_many(f"more than {rate.amount} {noun} in {rate.get_expiry()} s", window.reset_time - time.time())


def too_many(detail: str, wait: float) -> Problem:
    """Return the problem of a used-up limit that restarts in `wait` seconds."""
    return Problem(TOO_MANY, detail, headers={"Retry-After": str(max(1, math.ceil(wait)))})


def _shares(
    whose: str, owner: tuple[str, ...], size: int, files: RateLimitItem, octets: RateLimitItem
) -> tuple[Share, ...]:
    # The record beside each file counts as well: many small files fill a store, too.
    return _share(f"files {whose}", owner, 1, files), _share(f"bytes {whose}", owner, size + RECORD, octets)


def _share(label: str, owner: tuple[str, ...], cost: int, rate: RateLimitItem) -> Share:
    return Share(label, owner, cost, rate.amount, rate.get_expiry())
