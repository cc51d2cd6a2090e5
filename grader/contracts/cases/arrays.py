"""Cases: what a submission is asked, one after the other, and what is true of each."""

from collections.abc import Hashable, Sequence
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Booleans = NDArray[np.bool_]


def spread(places: Sequence[int], most: int) -> list[int]:
    """Return at most so many of the places, evenly from the first of them on."""
    count = min(most, len(places))
    return [places[len(places) * n // count] for n in range(count)]


class Cases(Protocol):
    """Cases in order. The numbers of their answers stand one after the other in flat arrays."""

    def __len__(self) -> int:
        """Return how many there are."""
        ...

    @property
    def starts(self) -> Sequence[int]:
        """The start of each case's numbers in the flat arrays, and the end of the last one's."""
        ...

    @property
    def expected(self) -> Array:
        """The numbers of a right answer; NaN for those that are inconclusive."""
        ...

    @property
    def tolerances(self) -> Array:
        """The tolerance of each number; infinite for those that are inconclusive."""
        ...

    @property
    def modules(self) -> Sequence[Hashable]:
        """For each case what the student's module is executed with: it is executed anew for each of these."""
        ...

    def key(self, i: int) -> bytes:
        """Return the same for the same case, whatever it stands among."""
        ...

    def take(self, places: Sequence[int]) -> Self:
        """Return the cases at these places, in this order."""
        ...

    def join(self, *others: Self) -> Self:
        """Return the cases, and the others after them."""
        ...
