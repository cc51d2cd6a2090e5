"""Verdicts by what they follow from: the same source, revision and engine give the same one."""

from typing import Any

from grader.settings.service import ServiceSettings
from grader.store import keys
from grader.store.connection import Connection
from grader.store.packing import packed, unpacked
from grader.store.scripts import Call, Scripts

_DAY = 86_400_000
#: Outcomes that depend on nothing else: another try of the same gives the same.
REPEATABLE = frozenset({"passed", "failed", "rejected"})


class Cache:
    """Kept for as many days as the settings say, and no longer than someone hands in the source."""

    def __init__(self, redis: Connection, scripts: Scripts, settings: ServiceSettings) -> None:
        self._redis = redis
        self._scripts = scripts
        self._milliseconds = settings.cache_days * _DAY

    def get(self, key: str) -> dict[str, Any] | None:
        """The verdict for this key."""
        data: Any = self._redis.get(keys.key("cache", key)) if self._milliseconds else None
        return None if data is None else dict(unpacked(data))

    def put(self, key: str, verdict: dict[str, Any], source_sha256: str) -> bool:
        """Keep it, where its outcome is one that repeats itself; whether it is kept."""
        call = self.putting(key, verdict, source_sha256)
        return call is not None and bool(self._scripts.run(call.name, *call.args))

    def putting(self, key: str, verdict: dict[str, Any], source_sha256: str) -> Call | None:
        """The same as a call, to go with another; None where it is not to be kept."""
        if not self._milliseconds or verdict["outcome"] not in REPEATABLE:
            return None
        return Call("cache", (keys.key("cache", key), packed(verdict), self._milliseconds, source_sha256))
