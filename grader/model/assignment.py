"""The settings that staff choose for an assignment: limits and feedback, as data."""

from dataclasses import dataclass, field
from enum import StrEnum

#: The kind of assignments that this version judges.
CONTRACT = "contract"

#: Bounds of what an assignment's file may set, by which it is checked when it is read.
_LADDER = {"min_length": 1, "max_length": 100}


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
    """The part of a verdict that students see; each level shows what the one before it shows, and more."""

    #: The outcome and the marks.
    SCORE = "score"
    #: Which rows hold, and a question about the mistake: no case and none of its numbers.
    HINT = "hint"
    #: The lines, the kind of slip in each, and the smallest case.
    LINE = "line"
    #: The change as well: what stands in a line, and what must stand there.
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Feedback:
    """The parts of a verdict that a student is shown, by the number of the attempt. Staff see all of it."""

    #: The level of the first, second... attempt; the last one holds for all that follow.
    levels: tuple[Level, ...] = field(default=(Level.LINE, Level.FULL), metadata=_LADDER)
    #: The level where attempts are not counted: in a notebook, and in a workflow of GitHub's.
    uncounted: Level = Level.FULL
    #: Rows of which nothing is shown, at any level.
    hidden: tuple[str, ...] = ()

    @classmethod
    def always(cls, level: Level, hidden: tuple[str, ...] = ()) -> "Feedback":
        """Return the feedback that is the same at every attempt."""
        return cls((level,), level, hidden)

    def at(self, attempt: int | None) -> Level:
        """The level that holds for a student's first, second... attempt; None: attempts are not counted."""
        return self.uncounted if attempt is None else self.levels[min(attempt, len(self.levels)) - 1]
