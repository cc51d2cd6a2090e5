"""Shares: limits on what is accepted of one student, link or token in a period, counted by the script that accepts."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from backmark.grader.store import keys


@dataclass(frozen=True, slots=True)
class Share:
    """A counter that an accepted submission adds `cost` to, unless the sum would exceed `most`."""

    #: The thing that is counted, in words: "files of this student".
    label: str
    #: The owner's name, hashed in the key so that the key names no student.
    owner: tuple[str, ...]
    cost: int
    most: int
    #: Seconds from the first count until the counter restarts.
    seconds: int

    @property
    def key(self) -> str:
        """The key of the counter."""
        return keys.key("share", sha256(json.dumps([self.label, *self.owner]).encode()).hexdigest()[:32])


def write(shares: Iterable[Share]) -> str:
    """Return the shares as JSON for `accept.lua`."""
    return json.dumps([[share.key, share.cost, share.most, 1000 * share.seconds] for share in shares])
