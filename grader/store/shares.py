"""Shares: limits on what one student, link or token may send in a period, counted by the function that takes it."""

import json
from dataclasses import dataclass
from hashlib import sha256

from backmark.grader.store import keys
from backmark.grader.store.errors import ShareUsedUp
from backmark.grader.store.functions import Functions


@dataclass(frozen=True, slots=True)
class Share:
    """A counter that an accepted submission or a request adds `cost` to, unless the sum would exceed `most`."""

    #: The thing that is counted, in words: "files of this student".
    label: str
    #: The owner's name, hashed in the key so that the key names no student.
    owner: tuple[str, ...]
    cost: int
    most: int
    #: Seconds from the first count until the counter restarts.
    seconds: int
    #: True if seconds of grading are counted, in milliseconds: by each grading of the sender, once it ends.
    of_grading: bool = False

    @property
    def key(self) -> str:
        """The key of the counter."""
        if self.of_grading:
            return keys.key("seconds", name_sender(*self.owner))
        return keys.key("share", sha256(json.dumps([self.label, *self.owner]).encode()).hexdigest()[:32])

    def used_up(self, milliseconds: int) -> ShareUsedUp:
        """Return the error that the share is used up for so long."""
        return ShareUsedUp(f"more than {self.most} {self.label} in {self.seconds} s", milliseconds / 1000)

    def write(self) -> list[str | int]:
        """Return the share as the functions take it."""
        return [self.key, self.cost, self.most * (1000 if self.of_grading else 1), 1000 * self.seconds]

    def check(self, wait: int) -> None:
        """Raise ShareUsedUp if the share starts anew only in `wait` milliseconds."""
        if wait:
            raise self.used_up(wait)


def name_sender(*owner: str) -> str:
    """Return the hash under which a sender's seconds are counted: a verified student of a course, or a browser."""
    return keys.digest(json.dumps(owner))[:32]


class Shares:
    """The shares that count requests, whatever becomes of them."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions

    def count(self, share: Share) -> None:
        """Count a request against a share; errors as of `Share.check`."""
        share.check(self._functions.call("count_request", share=share.write()))
