"""The choice of a contract's cases among drawn ones: by coverage, and so that edits of the solution are caught."""

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from grader.oracle.coverage import Coverage
from grader.oracle.network import Array
from grader.subjects.contracts import trees
from grader.subjects.contracts.assignment import HOME
from grader.subjects.contracts.cases import ContractCases
from grader.subjects.contracts.drawn import DrawnCase

#: Quantities of a case's dims, and of its inputs, at most.
_MOST_QUANTITIES = 24
#: Cases on which all edits are tried, at most.
_FIRST = 12
#: Cases that catch each edit, if the drawn ones do.
_WANTED = (1, 2)


@dataclass(frozen=True)
class CaseChoice:
    """The choice of so many of some drawn cases."""

    drawn: ContractCases
    wanted: int

    @cached_property
    def _rows(self) -> Array:
        return np.array([describe(case) for case in self.drawn.drawn])

    @cached_property
    def first(self) -> list[int]:
        """The cases that cover most by themselves: all edits are tried on them."""
        return self._cover(min(_FIRST, self.wanted // 2), ())

    @property
    def others(self) -> list[int]:
        """All other cases."""
        return [place for place in range(len(self.drawn)) if place not in self.first]

    def choose(self, caught: Sequence[frozenset[int]]) -> list[int]:
        """Return the places of the chosen cases in order: `caught` has for each edit the cases that catch it.

        The first ones and those of the notebook's own shape are among them; then come cases without which an edit would
        be caught by no case, or by one alone; coverage chooses the others.
        """
        home = [place for place, case in enumerate(self.drawn.drawn) if case.corner == HOME]
        kept = set(self.first) | set(home)
        for least in _WANTED:
            while len(kept) < self.wanted:
                needy = [places for places in caught if len(places & kept) < min(least, len(places))]
                if not needy:
                    break
                counts = Counter(place for places in needy for place in places - kept)
                kept.add(min(counts, key=lambda place: (-counts[place], self.drawn.drawn[place].size, place)))
        return sorted([*kept, *self._cover(self.wanted - len(kept), sorted(kept))])

    def _cover(self, wanted: int, kept: Sequence[int]) -> list[int]:
        costs = [case.size for case in self.drawn.drawn]
        return Coverage(self._rows).choose(self._rows, costs, wanted, kept)


def cover(caught: Iterable[frozenset[int]]) -> tuple[int, ...]:
    """Return few places, in order, among which is one of each of the sets that are not empty."""
    chosen: set[int] = set()
    needy = {places for places in caught if places}
    while needy:
        counts = Counter(place for places in needy for place in places)
        chosen.add(min(counts, key=lambda place: (-counts[place], place)))
        needy = {places for places in needy if chosen.isdisjoint(places)}
    return tuple(sorted(chosen))


def describe(case: DrawnCase) -> list[float]:
    """Return the quantities of a case, as many for each of a contract: the dims first, then the signs of its inputs."""
    sizes = [size for value in case.dims.values() for size in _list_numbers(value)]
    dims = [
        float(len(sizes) - len(set(sizes))),
        float(sizes.count(1)),
        *(quantity for value in case.dims.values() for quantity in _describe_dim(value)),
    ]
    return [*dims[:_MOST_QUANTITIES], *islice(_describe_inputs(case), _MOST_QUANTITIES)]


def _describe_dim(value: Any) -> list[float]:
    numbers = _list_numbers(value)
    if not isinstance(value, list):
        return numbers
    return [float(len(numbers)), *((numbers[0], numbers[-1], min(numbers), max(numbers)) if numbers else 4 * (-1.0,))]


def _list_numbers(value: Any) -> list[float]:
    """Return a dim as numbers, a word as one that no other word is likely to have."""
    if isinstance(value, list):
        return [number for part in value for number in _list_numbers(part)]
    return [float(zlib.crc32(value.encode())) if isinstance(value, str) else float(value)]


def _describe_inputs(case: DrawnCase) -> Iterator[float]:
    start = 0
    for described in case.inputs.values():
        stop = start + trees.count(described)
        numbers = case.numbers[start:stop]
        start = stop
        yield float(np.mean(numbers < 0)) if len(numbers) else -1.0
        yield float(np.mean(numbers > 0)) if len(numbers) else -1.0
        yield float(np.max(np.abs(numbers), initial=0.0))
