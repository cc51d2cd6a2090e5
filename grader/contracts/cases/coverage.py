"""The choice, of many cases, of those on which the most different faults would show.

A fault shows where some quantity of a case has some value: a size, a shape, a sign, a magnitude, dead units, or two
or three of these at once. Each quantity is cut into bins by what ordinary cases have of it; a case covers a cell
for each of its bins and for each pair of them, and for each triple of a few quantities in coarser bins. The
likelier a cell is among ordinary cases, the likelier it is that a fault shows there, and the more it is worth. Cases
are chosen one at a time, each for the cells that it adds.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from backmark.grader.contracts.cases.arrays import Array

#: The cuts of ordinary cases into bins: the ends are where thresholds of rare faults lie.
QUANTILES = (0.002, 0.01, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 0.99, 0.998)
COARSE = (1 / 3, 2 / 3)

#: A quantity of no more values than this has a bin for each.
DISTINCT = 16

#: The numbers of quantities, the first ones, that are combined in pairs, and in triples.
PAIRED, LEADING = 60, 14

#: The worth of a cell that no ordinary case has, beside one that one of them has; and the power of their number with
#: which it grows.
STRANGE, LIKELY = 0.1, 0.3

#: The worth of a bin of one quantity beside a cell of two or three: faults of one condition are likelier.
SINGLE = 100.0

#: The part of a cell's worth that is left each time that it is covered.
LEFT = 0.3

#: Numbers that a case costs beside its own.
OVERHEAD = 240

#: By case a row of the cells that it covers.
Cells = NDArray[np.int32]


class Coverage:
    """The cells that cases cover, and the worth of each that is not covered yet."""

    def __init__(self, ordinary: Array) -> None:
        """`ordinary` has a row of quantities for each of some ordinary cases, the leading ones first."""
        self._cuts = [_cuts(column, QUANTILES) for column in ordinary.T]
        self._coarse = [_cuts(column, COARSE) for column in ordinary.T[:LEADING]]
        own = self.list_cells(ordinary)
        counts = np.bincount(own.ravel(), minlength=self._total)
        self._worth: Array = np.where(counts > 0, counts**LIKELY, STRANGE)
        self._worth[: sum(len(cuts) + 1 for cuts in self._cuts)] *= SINGLE

    def list_cells(self, rows: Array) -> Cells:
        """Return for each row of quantities the numbers of the cells that it covers."""
        fine = [np.searchsorted(cuts, column, "right") for cuts, column in zip(self._cuts, rows.T, strict=True)]
        coarse = [
            np.searchsorted(cuts, column, "right") for cuts, column in zip(self._coarse, rows.T[:LEADING], strict=True)
        ]
        sizes, rough = [len(cuts) + 1 for cuts in self._cuts], [len(cuts) + 1 for cuts in self._coarse]
        bins, start = [], 0
        for n in range(len(fine)):
            bins.append(start + fine[n])
            start += sizes[n]
        for a, b in combinations(range(min(PAIRED, len(fine))), 2):
            bins.append(start + fine[a] * sizes[b] + fine[b])
            start += sizes[a] * sizes[b]
        for a, b, c in combinations(range(len(coarse)), 3):
            bins.append(start + (coarse[a] * rough[b] + coarse[b]) * rough[c] + coarse[c])
            start += rough[a] * rough[b] * rough[c]
        self._total = start
        return np.ascontiguousarray(np.array(bins, dtype=np.int32).T)

    def choose(self, cells: Cells, costs: Sequence[int], wanted: int, kept: Sequence[int] = ()) -> list[int]:
        """Return the places of `wanted` cases beside the kept ones, each for what it adds to others and its cost."""
        cost = OVERHEAD + np.asarray(costs, dtype=float)
        for place in kept:
            self._worth[cells[place]] *= LEFT
        gain = self._worth[cells].sum(axis=1)
        gain[list(kept)] = -1.0
        chosen: list[int] = []
        if wanted > 0 and len(cells) and not kept:
            # The first may cost what it will: the largest cases are corners, too.
            self._take(int(np.argmax(gain)), cells, gain, chosen)
        gain = np.where(gain < 0, gain, gain / cost)
        while len(chosen) < min(wanted, len(cells) - len(kept)):
            # What a case adds only gets less: of the others, what they added before is enough.
            best = int(np.argmax(gain))
            gain[best] = self._worth[cells[best]].sum() / cost[best]
            if best == int(np.argmax(gain)):
                self._take(best, cells, gain, chosen)
        return chosen

    def _take(self, place: int, cells: Cells, gain: Array, chosen: list[int]) -> None:
        chosen.append(place)
        gain[place] = -1.0
        self._worth[cells[place]] *= LEFT


def _cuts(column: Array, quantiles: Sequence[float]) -> Array:
    """The ends of the bins: between any two values of a quantity that has few, else at the quantiles."""
    values = np.unique(column)
    if len(values) <= (DISTINCT if quantiles is QUANTILES else len(quantiles) + 1):
        return values[1:]
    return np.unique(np.quantile(column, quantiles))
