"""Verdicts by what they follow from: the same source, revision and engine give the same one."""

from typing import Any

from grader.settings.service import ServiceSettings
from grader.store import keys
from grader.store.connection import Connection
from grader.store.packing import packed, verdict_of
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

    def putting(self, key: str, verdict: dict[str, Any], source_sha256: str) -> Call | None:
        """The call that keeps it, to go with another; None where its outcome is not one that repeats itself."""
        if not self._milliseconds or verdict["outcome"] not in REPEATABLE:
            return None
        return Call("cache", (keys.key("cache", key), packed(verdict), self._milliseconds, source_sha256))
