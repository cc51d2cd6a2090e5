"""A cache of verdicts: the same source, revision and engine give the same verdict."""

from typing import Any

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Verdict
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store import keys
from backmark.grader.store.codec import decode_verdict, encode_verdict
from backmark.grader.store.connection import Connection
from backmark.grader.store.functions import Argument, FunctionCall
from backmark.grader.store.listings import CodeListing

_DAY = 86_400_000
#: Outcomes that depend on nothing else, so that grading again gives the same.
REPEATABLE = frozenset({Outcome.PASSED, Outcome.FAILED, Outcome.REJECTED})


class Cache:
    """Cached verdicts, kept for the days of the settings, and no longer than a submission has the source."""

    def __init__(self, redis: Connection, settings: ServiceSettings) -> None:
        self._redis = redis
        self._milliseconds = settings.cache_days * _DAY

    def get(self, key: str) -> Verdict | None:
        """Return the verdict for a key, or None if there is none."""
        data: Any = self._redis.get(keys.key("cache", key)) if self._milliseconds else None
        return None if data is None else decode_verdict(data)

    def storing_call(
        self,
        key: str,
        verdict: Verdict,
        source_sha256: str,
        listing: CodeListing | None = None,
        *,
        repeatable: bool = True,
    ) -> FunctionCall | None:
        """Return the call that stores the verdict, if its outcome is repeatable, and the listing; None for neither."""
        arguments: dict[str, Argument] = {"source": source_sha256}
        if listing is not None:
            arguments["listing"] = listing.write()
        if repeatable and self._milliseconds and verdict.outcome in REPEATABLE:
            arguments |= {"key": keys.key("cache", key), "verdict": encode_verdict(verdict)}
            arguments["lifetime"] = self._milliseconds
        return FunctionCall("keep", arguments) if len(arguments) > 1 else None
