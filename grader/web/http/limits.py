"""How much each student, link, token and address may do, counted in the service's own Redis for all web processes.

What is accepted counts against shares, which the store counts in the step that accepts (`grader.store.shares`). What is
refused counts here, against whoever sent it: a student on a personal link, a browser on a class link, else an address.
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
from redis.exceptions import OutOfMemoryError

from grader.errors import StoreUnavailable
from grader.settings.service import ServiceSettings
from grader.store.room import RECORD
from grader.store.shares import Share
from grader.store.store import Store
from grader.web.http.problems import TOO_MANY, Problem


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a request, as far as it is known."""

    #: What its name is of: "student", "browser" or "address".
    kind: str
    name: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind}-{sha256(repr(self.name).encode()).hexdigest()[:32]}"


class Limits:
    """The limits of the settings."""

    def __init__(self, settings: ServiceSettings, store: Store) -> None:
        storage = RedisStorage(
            settings.redis_url.get_secret_value(),
            connection_pool=store.redis.connection_pool,
            key_prefix="bm:limits",
            wrap_exceptions=True,
        )
        self._limiter = FixedWindowRateLimiter(storage)
        self._tokens: dict[str, RateLimitItem] = {
            "submit": parse(settings.submit_rate),
            "read": parse(settings.read_rate),
        }
        self._student = parse(settings.student_rate), parse(settings.student_bytes_rate)
        self._class = parse(settings.class_rate), parse(settings.class_bytes_rate)
        self._refused, self._address = parse(settings.refused_rate), parse(settings.address_rate)

    def count(self, token: str, weight: str) -> None:
        """Count a request of a token: `submit` for what makes work, `read` for all else.

        Too many is a Problem, a store that does not answer StoreUnavailable.
        """
        rate = self._tokens[weight]
        try:
            if not (self._limiter.hit(rate, token, weight) or self._restarted(rate, token, weight)):
                raise self._too_many(rate, "requests of this token", token, weight)
        except StorageError as error:
            if weight == "read" and isinstance(error.storage_error, OutOfMemoryError):
                # A store that is full cannot count, but what is in it can be read, and deleted to make room.
                return
            raise StoreUnavailable(str(error)) from error

    def admit(self, sender: Sender) -> None:
        """Let a request be looked at, unless too many of its sender's were refused: a Problem. Raises as `count`."""
        rate = self._rate(sender)
        try:
            if not (self._limiter.test(rate, str(sender)) or self._restarted(rate, str(sender))):
                raise self._too_many(rate, f"refused requests of this {sender.kind}", str(sender))
        except StorageError as error:
            raise StoreUnavailable(str(error)) from error

    def refuse(self, sender: Sender) -> None:
        """Count a request that was refused. A store that cannot count is no reason to answer otherwise."""
        with suppress(StorageError):
            self._limiter.hit(self._rate(sender), str(sender))

    def by_token(self, token: str) -> Share:
        """Return the share of a token that one more submission is part of."""
        return _share("submissions of this token", (token,), 1, self._tokens["submit"])

    def by_student(self, course: str, student: str, size: int) -> tuple[Share, ...]:
        """Return the shares of a verified student that a file of so many bytes is part of."""
        return _shares("of this student", (course, student), size, *self._student)

    def by_browser(self, browser: str, size: int) -> tuple[Share, ...]:
        """Return the shares of a browser, whatever names are typed there, that a file of so many bytes is part of."""
        return _shares("from this browser", (browser,), size, *self._student)

    def by_class(self, link: tuple[str, ...], size: int) -> tuple[Share, ...]:
        """Return the shares of a class link, by what is signed in it, that a file of so many bytes is part of."""
        return _shares("of all who use this link", link, size, *self._class)

    def _restarted(self, rate: RateLimitItem, *name: str) -> bool:
        """Start a window anew, with one hit, if it ends later than one that begins now: the clock was set back."""
        window = self._limiter.get_window_stats(rate, *name)
        if window.reset_time - time.time() <= rate.get_expiry() + 1:
            return False
        self._limiter.clear(rate, *name)
        return self._limiter.hit(rate, *name)

    def _rate(self, sender: Sender) -> RateLimitItem:
        return self._address if sender.kind == "address" else self._refused

    def _too_many(self, rate: RateLimitItem, what: str, *name: str) -> Problem:
        window = self._limiter.get_window_stats(rate, *name)
        return too_many(f"more than {rate.amount} {what} in {rate.get_expiry()} s", window.reset_time - time.time())


def too_many(detail: str, wait: float) -> Problem:
    """Return the problem of having used up a limit that starts anew in `wait` seconds."""
    return Problem(TOO_MANY, detail, headers={"Retry-After": str(max(1, math.ceil(wait)))})


def _shares(
    whose: str, owner: tuple[str, ...], size: int, files: RateLimitItem, octets: RateLimitItem
) -> tuple[Share, ...]:
    # A file is never less than what is recorded beside it: many small ones fill a store, too.
    return _share(f"files {whose}", owner, 1, files), _share(f"bytes {whose}", owner, size + RECORD, octets)


def _share(what: str, owner: tuple[str, ...], cost: int, rate: RateLimitItem) -> Share:
    return Share(what, owner, cost, rate.amount, rate.get_expiry())
