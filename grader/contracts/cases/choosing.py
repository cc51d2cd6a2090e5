"""The choice of a contract's cases among drawn ones: by coverage, and so that edits of the solution are caught."""

import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise
from typing import Any

import numpy as np

from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.coverage import Cells, Coverage
from backmark.grader.contracts.cases.drawn import ANY, DrawnCase
from backmark.grader.contracts.cases.values import VARIED
from backmark.grader.contracts.language.assignment import HOME

#: Quantities of a case, at most; items of a list from either end that have quantities of their own.
_MOST_QUANTITIES, _PLACES = 1000, 3
#: The quantity of an item that a list does not have.
_NONE = -99.0
#: The quantities of the order of a list, and of an array at one of its ends.
_OF_ORDER, _OF_ARRAY = 9, 15
#: Cases on which all edits are tried, at most.
_FIRST = 12
#: Cases that catch each edit, if the drawn ones do.
_WANTED = (1, 2)


@dataclass(frozen=True)
class CaseChoice:
    """The choice of so many of some drawn cases."""

    cases: Sequence[DrawnCase]
    #: Their places among all.
    places: Sequence[int]
    #: Of nothing yet, by what cases have that are drawn freely; and the cells of each case.
    coverage: Coverage
    cells: Cells
    wanted: int

    @classmethod
    def of(cls, cases: Sequence[DrawnCase], values: Sequence[Mapping[str, Any]], wanted: int) -> "CaseChoice":
        """Choose by the cases' dims and by these values, by their names: inputs, and what the reference gives."""
        quantities = _tabulate(cases, values)
        usual = quantities[[case.corner == ANY for case in cases]]
        coverage = Coverage(usual if len(usual) else quantities)
        return cls(cases, range(len(cases)), coverage, coverage.list_cells(quantities), wanted)

    def take(self, places: Sequence[int], wanted: int) -> "CaseChoice":
        """Return the choice of so many of the cases at these places."""
        cases, numbers = [self.cases[place] for place in places], [self.places[place] for place in places]
        return CaseChoice(cases, numbers, self.coverage, self.cells[list(places)], wanted)

    @property
    def home(self) -> list[int]:
        """The cases of the notebook's own shape."""
        return [place for place, case in enumerate(self.cases) if case.corner == HOME]

    @property
    def on_purpose(self) -> list[int]:
        """A case of each kind of values on purpose, with rather many zeros, or rather large where none has any.

        Half of the arrays of a case that is drawn for its zeros have none.
        """
        shares = [float((case.numbers == 0).mean()) if case.numbers.size else 0.0 for case in self.cases]
        places = sorted(range(len(self.cases)), key=lambda place: (shares[place], self.cases[place].size))
        kinds = [[place for place in places if self.cases[place].corner == corner] for corner in VARIED]
        return [kind[2 * len(kind) // 3] for kind in kinds if kind]

    @cached_property
    def first(self) -> list[int]:
        """The cases that cover most by themselves: all edits are tried on them."""
        return self._cover(min(_FIRST, self.wanted // 2), ())

    @property
    def others(self) -> list[int]:
        """All other cases."""
        return [place for place in range(len(self.cases)) if place not in self.first]

    def choose(self, caught: Sequence[frozenset[int]] = ()) -> list[int]:
        """Return the places of the chosen cases in order: `caught` has for each edit the cases that catch it.

        The first ones, those of the notebook's own shape and, if there is room, one of each kind of values on purpose
        are among them; then come cases without which an edit would be caught by no case, or by one alone; coverage
        chooses the others.
        """
        kept = {*self.first, *self.home}
        kept.update(self.on_purpose[: max(0, self.wanted - len(kept))])
        for least in _WANTED:
            while len(kept) < self.wanted:
                needy = [places for places in caught if len(places & kept) < min(least, len(places))]
                if not needy:
                    break
                counts = Counter(place for places in needy for place in places - kept)
                kept.add(min(counts, key=lambda place: (-counts[place], self.cases[place].size, place)))
        return sorted([*kept, *self._cover(self.wanted - len(kept), sorted(kept))])

    def _cover(self, wanted: int, kept: Sequence[int]) -> list[int]:
        costs = [case.size for case in self.cases]
        return deepcopy(self.coverage).choose(self.cells, costs, wanted, kept)


def _tabulate(cases: Sequence[DrawnCase], values: Sequence[Mapping[str, Any]]) -> Array:
    """Return the quantities of the cases as rows: of those that order them alike, the first."""
    names = list(dict.fromkeys(chain.from_iterable(values)))
    parts = [[own.get(name) for name in names] for own in values]
    rows = np.array([describe(case.dims, part) for case, part in zip(cases, parts, strict=True)])
    columns = {np.unique(column, return_inverse=True)[1].tobytes(): column for column in rows.T[::-1]}
    return np.array([*columns.values()][::-1][:_MOST_QUANTITIES]).T


def describe(dims: Mapping[str, Any], values: Sequence[Any]) -> list[float]:
    """Return the quantities of a case, as many for each of a contract: of dims, of values, of the parts of these."""
    sizes = [size for value in dims.values() for size in _list_numbers(value)]
    arrays = [[*_list_arrays(value)] for value in values]
    return [
        float(len(sizes) - len(set(sizes))),
        float(sizes.count(1)),
        *chain.from_iterable(map(_describe_dim, dims.values())),
        *chain.from_iterable(map(_describe_arrays, arrays)),
        *chain.from_iterable(map(_describe_ends, arrays)),
    ]


def _describe_dim(value: Any) -> list[float]:
    numbers = _list_numbers(value)
    extremes = (min(numbers), max(numbers), sum(numbers)) if numbers else 3 * (_NONE,)
    return [float(len(numbers)), *extremes, *_take_ends(numbers, _NONE), *_describe_order(numbers)]


def _describe_order(numbers: Sequence[float]) -> Sequence[float]:
    """Return the quantities of a list as one: its order, and sums over it."""
    if len(numbers) < 2:
        return _OF_ORDER * (_NONE,)
    first, last = numbers[0], numbers[-1]
    rises, falls = sum(a < b for a, b in pairwise(numbers)), sum(a > b for a, b in pairwise(numbers))
    places = (float(np.argmax(numbers)), float(np.argmin(numbers)))
    return (*places, rises, falls, len(set(numbers)), sum(numbers) % 2, first + last, first - last, sum(numbers[::2]))


def _list_numbers(value: Any) -> list[float]:
    """Return a dim as numbers, a word as one that no other word is likely to have."""
    if isinstance(value, list):
        return [number for part in value for number in _list_numbers(part)]
    return [float(zlib.crc32(value.encode())) if isinstance(value, str) else float(value)]


def _take_ends(items: Sequence[Any], none: Any) -> list[Any]:
    """Return the items at the first few places, and at the last few."""
    return [items[place] if -len(items) <= place < len(items) else none for place in range(-_PLACES, _PLACES)]


def _list_arrays(value: Any) -> Iterator[Array]:
    """Yield the arrays of numbers within a value of any form."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from _list_arrays(part)
    elif value is not None and not isinstance(value, str):
        yield np.asarray(value, np.float64)


def _describe_arrays(arrays: Sequence[Array]) -> list[float]:
    """Return the quantities of arrays together."""
    below, above = [int((part < 0).sum()) for part in arrays], [int((part > 0).sum()) for part in arrays]
    magnitudes = np.abs(np.concatenate([np.zeros(0), *(part.ravel() for part in arrays)]))
    return [
        *((float(magnitudes.max()), float(magnitudes.min())) if len(magnitudes) else 2 * (_NONE,)),
        *(float(quantity) for counts in (below, above) for quantity in (sum(counts), max(counts, default=0))),
        float(below.count(0)),
        float(above.count(0)),
    ]


def _describe_ends(arrays: Sequence[Array]) -> Iterator[float]:
    """Yield the quantities of the first and of the last arrays of a list."""
    for part in _take_ends(arrays, None):
        yield from _OF_ARRAY * (_NONE,) if part is None or not part.size else _describe_array(part)


def _describe_array(part: Array) -> tuple[float, ...]:
    magnitudes = np.abs(part)
    steep = part.shape[0] - part.shape[-1] if part.ndim else 0
    below, above = (part < 0).sum(), (part > 0).sum()
    quantities = (part.size, steep, below, above, magnitudes.max(), magnitudes.min(), *_describe_signs(part))
    return tuple(map(float, quantities))


def _describe_signs(part: Array) -> tuple[float, ...]:
    """Return the quantities of an array's order and signs: of its rows, its columns and its ends."""
    rows, flat = part.reshape(len(part) if part.ndim else 1, -1), part.ravel()
    uniform = [(signs.all(axis=axis)).sum() for axis in (1, 0) for signs in (rows < 0, rows > 0)]
    changes = ((flat[1:] > 0) != (flat[:-1] > 0)).sum()
    ends = 3 * np.sign(flat[0]) + np.sign(flat[-1])
    return *uniform, changes, np.sign(flat.sum()), np.argmax(flat), np.argmin(flat), ends
