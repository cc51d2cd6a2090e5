"""The settings that staff choose for an assignment: limits and feedback, as data."""

from dataclasses import dataclass, field
from enum import StrEnum

#: The kind of homework of assignments, verdicts and archives that name none: networks in layers, which earlier versions
#: judged in a way of their own.
LAYERED = "networks"

#: Bounds of what an assignment's file may set, by which it is checked when it is read.
_ATTEMPTS = {"ge": 0, "le": 1000}


@dataclass(frozen=True, slots=True)
class Limits:
    """The resources that one submission may use."""

    #: Seconds for one call, computing or asleep.
    seconds_per_call: float = 2.0
    #: Seconds for all calls in all jails of a submission together, computing or asleep.
    seconds: float = 20.0
    #: Bytes of address space, interpreter and NumPy included.
    memory: int = 1 << 30
    #: Bytes printed.
    output: int = 1 << 20


class Level(StrEnum):
    """The part of a verdict that students see."""

    #: The outcome and the marks.
    SCORE = "score"
    #: Which properties hold, and where to look: no network and none of its numbers.
    HINT = "hint"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Feedback:
    """The parts of a verdict that a student is shown, by the number of the attempt. Staff see all of it."""

    level: Level = Level.FULL
    #: Attempts after which the hint becomes the strong one; 0: never.
    strong_hint_after: int = field(default=0, metadata=_ATTEMPTS)
    #: Attempts after which everything is shown; 0: never.
    full_after: int = field(default=0, metadata=_ATTEMPTS)
    #: Properties of which nothing is shown, at any level.
    hidden: tuple[str, ...] = ()

    def at(self, attempt: int) -> Level:
        """The level that holds for a student's first, second... attempt."""
        return Level.FULL if 0 < self.full_after < attempt else self.level

    def strong(self, attempt: int) -> bool:
        """True if that attempt gets the strong hint."""
        return 0 < self.strong_hint_after < attempt
