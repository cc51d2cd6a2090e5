"""What answers: a student's function behind whatever wall, or one of our own in the tests."""

from dataclasses import dataclass
from typing import Protocol

from grader.oracle.network import Array
from grader.suite import Suite


@dataclass(frozen=True, slots=True, eq=False)
class Returned:
    """Arrays of the right shapes: dW[0], db[0], dW[1], db[1], ... in one flat array, finite or not."""

    gradient: Array
    #: Names of arguments that differ after the call.
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Malformed:
    """It returned something of another form; `where` names the part, `message` says what it should be."""

    where: str
    message: str


@dataclass(frozen=True, slots=True)
class Raised:
    """It raised; the traceback has the student's own line numbers."""

    type: str
    message: str
    traceback: str = ""


Answer = Returned | Malformed | Raised


class Candidate(Protocol):
    """A `backward_pass` that can be asked."""

    def answer(self, suite: Suite) -> list[Answer]:
        """One answer for each network, in order.

        Raises a CandidateError where it ends without answering all of them, with those it gave in `answers`.
        """
        ...
