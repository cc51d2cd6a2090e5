"""The retry policy of a client: for how long, and with which pauses."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Patience:
    """A retry policy. Pauses double from `first` to `most`, and none may end after `total` seconds."""

    #: Long enough for a rate limit per minute to restart.
    total: float = 90.0
    #: The same if no server answers at all.
    unreached: float = 90.0
    first: float = 0.25
    most: float = 10.0

    def pause(self, tries: int, asked: float | None) -> float:
        """Return the seconds to wait after try number `tries`; `asked` is the server's Retry-After, if any.

        Jitter keeps clients that failed together from retrying together.
        """
        jitter = random.random()  # noqa: S311 - spreads load, hides nothing
        if asked is not None:
            return asked + self.first * jitter
        doubled: float = self.first * 2 ** min(tries - 1, 32)
        return min(self.most, doubled) * (0.5 + jitter / 2)


def retry_after(text: str | None) -> float | None:
    """Return the seconds of a Retry-After header, which has seconds or a date, or None if it has neither."""
    if not text:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
