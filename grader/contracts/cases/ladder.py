"""The smallest dims that an assignment allows, in the order of their choices: as Hypothesis shrinks, without it.

All dims follow from a row of choices, the smallest first in each. The cost of a row is the sum of log2(1 + place) over
the places of its choices: twice as much of one dim costs as much as one more of another.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import NoReturn, Protocol, TypeVar

Made = TypeVar("Made")
Option = TypeVar("Option")

#: Rows of choices that are looked at, at most: many make dims that an assignment does not assume.
_MOST_ROWS = 1500
#: Real numbers that are tried before the ends of a range.
_REAL = (1.0, 2.0, 0.5, 3.0, 0.0)


class RejectedChoicesError(Exception):
    """These choices make no dims."""


class Choices(Protocol):
    """The choices by which dims are made: Hypothesis's, or those of `walk`."""

    def whole(self, low: int, high: int) -> int:
        """Return a whole number of a range, both ends included."""
        ...

    def real(self, low: float, high: float) -> float:
        """Return a real number of a range, both ends included."""
        ...

    def one_of(self, options: Sequence[Option]) -> Option:
        """Return one of the options."""
        ...

    def reject(self) -> NoReturn:
        """Give up: the choices do not fit each other."""
        ...


@dataclass(frozen=True, slots=True)
class _LadderRow:
    """A row of choices by their places among the options: the first of all that it does not name."""

    places: tuple[int, ...] = ()
    #: The numbers of options that there were.
    counts: list[int] = field(default_factory=list)

    def whole(self, low: int, high: int) -> int:
        steps = {low, high, *(low + step for power in range(7) for step in (1 << power, 3 << power))}
        return self._choose([number for number in sorted(steps) if number <= high])

    def real(self, low: float, high: float) -> float:
        return self._choose([*dict.fromkeys(number for number in (*_REAL, low, high) if low <= number <= high)])

    def one_of(self, options: Sequence[Option]) -> Option:
        different = list(dict.fromkeys(options))
        if all(isinstance(option, int) for option in different):
            different.sort(key=int)  # type: ignore[arg-type] # they are
        return self._choose(different)

    def reject(self) -> NoReturn:
        raise RejectedChoicesError

    def _choose(self, options: Sequence[Option]) -> Option:
        at = len(self.counts)
        self.counts.append(len(options))
        return options[self.places[at] if at < len(self.places) else 0]

    @property
    def cost(self) -> float:
        """The distance from the smallest dims that there are, in doublings."""
        return sum(math.log2(1 + place) for place in self.places)

    def following(self) -> Iterator["_LadderRow"]:
        """Yield the rows one step larger, so that each row follows one other: its last choice, or a later one."""
        if self.places and self.places[-1] + 1 < self.counts[len(self.places) - 1]:
            yield _LadderRow((*self.places[:-1], self.places[-1] + 1))
        for at in range(len(self.places), len(self.counts)):
            if self.counts[at] > 1:
                yield _LadderRow((*self.places, *(0,) * (at - len(self.places)), 1))


def walk(make: Callable[[Choices], Made]) -> Iterator[Made]:
    """Yield what the choices make, the cheapest first, without those that it rejects."""
    waiting: list[tuple[float, int, _LadderRow]] = [(0.0, 0, _LadderRow())]
    pushed = 0
    for _ in range(_MOST_ROWS):
        if not waiting:
            return
        row = heappop(waiting)[2]
        try:
            made = make(row)
        except RejectedChoicesError:
            pass
        else:
            yield made
        for larger in row.following():
            pushed += 1
            heappush(waiting, (larger.cost, pushed, larger))
