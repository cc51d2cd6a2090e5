"""Shares: how much one student, link or token may have accepted within a time, counted in the step that accepts."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from grader.store import keys


@dataclass(frozen=True, slots=True)
class Share:
    """A counter that an accepted submission adds `cost` to, unless the sum would pass `most`."""

    #: What is counted and for whom, in words: "files of this student".
    what: str
    #: Hashed in the key, so that it names no student.
    owner: tuple[str, ...]
    cost: int
    most: int
    #: From the first that is counted until the counter starts anew.
    seconds: int

    @property
    def key(self) -> str:
        """The key of the counter."""
        return keys.key("share", sha256(json.dumps([self.what, *self.owner]).encode()).hexdigest()[:32])


def write(shares: Iterable[Share]) -> str:
    """Return the shares as JSON for `accept.lua`."""
    return json.dumps([[each.key, each.cost, each.most, 1000 * each.seconds] for each in shares])
