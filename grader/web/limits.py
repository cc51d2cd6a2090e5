"""Requests and bytes of one token, counted in the service's own Redis for all web processes together."""

import math
import time

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import OutOfMemoryError

from grader.errors import StoreUnavailable
from grader.settings.service import ServiceSettings
from grader.store.store import Store
from grader.web.problems import TOO_MANY, Problem


class Limits:
    """Counts a token's requests of each weight (`submit` for what makes work, `read` for all else), and its bytes."""

    def __init__(self, settings: ServiceSettings, store: Store) -> None:
        storage = RedisStorage(
            settings.redis_url.get_secret_value(),
            connection_pool=store.redis.connection_pool,
            key_prefix="bm:limits",
            wrap_exceptions=True,
        )
        self._limiter = FixedWindowRateLimiter(storage)
        self._rates: dict[str, RateLimitItem] = {
            "submit": parse(settings.submit_rate),
            "read": parse(settings.read_rate),
            "bytes": parse(settings.submit_bytes_rate),
        }

    def count(self, token: str, weight: str) -> None:
        """One request more; too many is a Problem, a store that does not answer StoreUnavailable."""
        self._hit(token, weight, 1)

    def weigh(self, token: str, size: int) -> None:
        """So many bytes more to be kept: one token alone should not fill the store. Raises as `count` does."""
        self._hit(token, "bytes", size)

    def _hit(self, token: str, weight: str, cost: int) -> None:
        rate = self._rates[weight]
        try:
            if self._limiter.hit(rate, token, weight, cost=cost):
                return
            window = self._limiter.get_window_stats(rate, token, weight)
            if window.reset_time - time.time() > rate.get_expiry() + 1:
                # It ends later than one that begins now: Redis's clock was set back.
                self._limiter.clear(rate, token, weight)
                if self._limiter.hit(rate, token, weight, cost=cost):
                    return
                window = self._limiter.get_window_stats(rate, token, weight)
        except StorageError as error:
            if weight == "read" and isinstance(error.storage_error, OutOfMemoryError):
                # A store that is full cannot count, but what is in it can be read, and deleted to make room.
                return
            raise StoreUnavailable(str(error)) from error
        wait = max(1, math.ceil(window.reset_time - time.time()))
        what = "bytes" if weight == "bytes" else "requests"
        raise Problem(TOO_MANY, f"more {what} than {rate} of this token", headers={"Retry-After": str(wait)})
