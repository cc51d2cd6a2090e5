"""How long a client goes on asking, and how it spreads its questions."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Patience:
    """Pauses double from `first` to `most`; none is begun that would end after `total` seconds."""

    #: Enough for a limit of so many requests a minute to pass.
    total: float = 90.0
    #: The same where no server answers at all.
    unreached: float = 90.0
    first: float = 0.25
    most: float = 10.0

    def pause(self, tries: int, asked: float | None) -> float:
        """Seconds before try number `tries` is repeated, where the server asked for `asked` seconds or said nothing.

        Jittered, so that clients that failed together do not come back together.
        """
        jitter = random.random()  # noqa: S311 - spreads load, hides nothing
        if asked is not None:
            return asked + self.first * jitter
        doubled: float = self.first * 2 ** min(tries - 1, 32)
        return min(self.most, doubled) * (0.5 + jitter / 2)


def retry_after(text: str | None) -> float | None:
    """Seconds of a Retry-After header, which holds seconds or a date; None where it holds neither."""
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
