"""Verdicts by what they follow from: the same source, revision and engine give the same one."""

from typing import Any

from grader.settings.service import ServiceSettings
from grader.store import keys
from grader.store.codec import packed, verdict_of
from grader.store.connection import Connection
from grader.store.listings import Listing
from grader.store.scripts import Call

_DAY = 86_400_000
#: Outcomes that depend on nothing else: another try of the same gives the same.
REPEATABLE = frozenset({"passed", "failed", "rejected"})


class Cache:
    """Kept for as many days as the settings say, and no longer than someone hands in the source."""

    def __init__(self, redis: Connection, settings: ServiceSettings) -> None:
        self._redis = redis
        self._milliseconds = settings.cache_days * _DAY

    def get(self, key: str) -> dict[str, Any] | None:
        """The verdict for this key."""
        data: Any = self._redis.get(keys.key("cache", key)) if self._milliseconds else None
        return None if data is None else verdict_of(data)

    def putting(
        self,
        key: str,
        verdict: dict[str, Any],
        source_sha256: str,
        listing: Listing | None = None,
        *,
        repeatable: bool = True,
    ) -> Call | None:
        """Return the call that keeps the verdict, if its outcome repeats itself, and the listing; None for neither."""
        cached: tuple[str | bytes | float, ...] = ("", "", 0)
        if repeatable and self._milliseconds and verdict["outcome"] in REPEATABLE:
            cached = (keys.key("cache", key), packed(verdict), self._milliseconds)
        elif listing is None:
            return None
        return Call("keep", (source_sha256, "" if listing is None else listing.write(), *cached))
