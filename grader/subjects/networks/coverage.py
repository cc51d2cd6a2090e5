"""The choice, of many networks, of those on which the most different faults would show.

A fault shows where some quantity of a network has some value: a size, a shape, a sign, a magnitude, dead units, or two
or three of these at once. Each quantity is cut into bins by what ordinary networks have of it; a network covers a cell
for each of its bins and for each pair of them, and for each triple of a few quantities in coarser bins. Networks
are chosen one at a time, each for the cells that it adds.
"""

from collections.abc import Sequence
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from grader.model.formulas import Formulas
from grader.oracle.network import Array, Network, forward
from grader.oracle.reference import gradient
from grader.oracle.suite import count

#: The cuts of ordinary networks into bins: the ends are where thresholds of rare faults lie.
QUANTILES = (0.002, 0.01, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 0.99, 0.998)
COARSE = (1 / 3, 2 / 3)

#: A quantity of no more values than this has a bin for each.
DISTINCT = 16

#: The number of quantities, the first ones, that are combined in triples.
LEADING = 14

#: The worth of a cell that no ordinary network has, beside one that some have.
STRANGE = 0.1

#: The worth of a bin of one quantity beside a cell of two or three: faults of one condition are likelier.
SINGLE = 30.0

#: The part of a cell's worth that is left each time that it is covered.
LEFT = 0.3

#: Parameters that a network costs beside its own.
OVERHEAD = 240


def describe(network: Network, formulas: Formulas) -> list[float]:
    """The quantities of a network; the leading ones first."""
    at = forward(network, formulas)
    derivatives = gradient(network, formulas, at)
    return [*_sizes(network), *_signs(network, at.f), *_active(at.f[:-1]), *_magnitudes(network, at.f, derivatives)]


def _at(values: Sequence[int], place: int) -> int:
    """The value at a place counted from either end; -99 if there is none."""
    return values[place] if -len(values) <= place < len(values) else -99


def _sizes(network: Network) -> list[float]:
    sizes = network.sizes
    hidden = sizes[1:-1]
    widths = hidden or (0,)
    steps = {int(np.sign(b - a)) for a, b in pairwise(hidden)}
    equal = [k for k, (a, b) in enumerate(pairwise(sizes)) if a == b]
    return [
        network.depth,
        sizes[0],
        sizes[-1],
        widths[0],
        widths[-1],
        max(widths),
        min(widths),
        network.columns,
        sum(hidden),
        *(_at(hidden, place) for place in (1, 2, -2, -3)),
        *(_at([a * b for a, b in pairwise(sizes)], place) for place in (0, 1, -1, -2)),
        *(_at([b - a for a, b in pairwise(sizes)], place) for place in (0, 1, -1, -2)),
        count(sizes),
        len(hidden) - len(set(hidden)),
        len(equal),
        equal[0] if equal else -1,
        network.depth - equal[-1] if equal else -1,
        -1 if len(steps) != 1 else steps.pop() + 1,
        int(np.argmax(widths)),
        int(np.argmin(widths)),
        sum(sizes) % 2,
        4 * (sizes[0] == widths[0]) + 2 * (sizes[-1] == widths[-1]) + (sizes[0] == sizes[-1]),
    ]


def _signs(network: Network, f: Sequence[Array]) -> list[float]:
    x, y = network.net_input, network.y
    return [
        *(int((part < 0).sum()) for part in (x, y, f[-1], f[-1] - y)),
        *(int((part > 0).sum()) for part in (x, y, f[-1], f[-1] - y)),
        *(max(int((part < 0).sum()) for part in parts) for parts in (network.biases, f)),
        *(max(int((part > 0).sum()) for part in parts) for parts in (network.biases, f)),
        *(float(np.mean(part > 0)) for part in (network.weights[0], network.weights[-1])),
        sum(bool((part < 0).all()) for part in network.biases),
        sum(bool((part > 0).all()) for part in network.biases),
        float(network.weights[0][0, 0] > 0) + 2 * float(network.weights[-1][-1, -1] > 0),
        float(network.biases[0][0, 0] > 0) + 2 * float(network.biases[-1][-1, 0] > 0),
    ]


def _active(hidden: Sequence[Array]) -> list[float]:
    on = [(f > 0).any(axis=1) for f in hidden]
    if not on:
        return [-1.0] * 17
    counts = [int(layer.sum()) for layer in on]
    dead = [len(layer) - n for layer, n in zip(on, counts, strict=True)]
    return [
        sum(dead),
        sum(counts) / sum(map(len, on)),
        sum(n == 0 for n in counts),
        sum(n == 0 for n in dead),
        sum(n == 1 for n in counts),
        *(_at(dead, place) for place in (0, 1, -1, -2)),
        *(_at(counts, place) for place in (0, 1, -1, -2)),
        min(counts),
        max(dead),
        2 * on[0][0] + on[0][-1],
        2 * on[-1][0] + on[-1][-1],
    ]


def _magnitudes(network: Network, f: Sequence[Array], derivatives: Sequence[Array]) -> list[float]:
    weights = np.abs(np.concatenate([part.ravel() for part in network.weights]))
    biases = np.abs(np.concatenate([part.ravel() for part in network.biases]))
    hidden = np.abs(np.concatenate([part.ravel() for part in f[:-1]])) if len(f) > 1 else np.zeros(1)
    x, y, output = np.abs(network.net_input), np.abs(network.y), np.abs(f[-1])
    error = np.abs(f[-1] - network.y)
    slopes = [float(np.abs(part).max()) for part in derivatives]
    small = np.abs(np.concatenate([part.ravel() for part in derivatives]))
    return [
        *(float(np.max(part)) for part in (weights, biases, hidden, x, y, output, error)),
        *(float(np.min(part)) for part in (weights, biases, hidden, x, y, output, error)),
        float((error**2).sum()),
        max(slopes[::2]),
        max(slopes[1::2]),
        slopes[0],
        float(small[small > 0].min(initial=np.inf)),
        float(np.abs(network.weights[0]).max()),
        float(np.abs(network.weights[-1]).max()),
    ]


class Coverage:
    """The coverage so far, and the worth of what is not covered."""

    def __init__(self, ordinary: Array) -> None:
        """`ordinary` has a row of quantities for each of some ordinary networks."""
        self._cuts = [_cuts(column, QUANTILES) for column in ordinary.T]
        self._coarse = [_cuts(column, COARSE) for column in ordinary.T[:LEADING]]
        own = self.cells(ordinary)
        self._worth: Array = np.full(self._total, STRANGE)
        self._worth[own.ravel()] = 1.0
        self._worth[: sum(len(cuts) + 1 for cuts in self._cuts)] *= SINGLE

    def cells(self, rows: Array) -> NDArray[np.intp]:
        """For each row the numbers of the cells that it covers."""
        fine = [np.searchsorted(cuts, column, "right") for cuts, column in zip(self._cuts, rows.T, strict=True)]
        coarse = [
            np.searchsorted(cuts, column, "right") for cuts, column in zip(self._coarse, rows.T[:LEADING], strict=True)
        ]
        sizes, rough = [len(cuts) + 1 for cuts in self._cuts], [len(cuts) + 1 for cuts in self._coarse]
        bins, start = [], 0
        for n in range(len(fine)):
            bins.append(start + fine[n])
            start += sizes[n]
        for a, b in combinations(range(len(fine)), 2):
            bins.append(start + fine[a] * sizes[b] + fine[b])
            start += sizes[a] * sizes[b]
        for a, b, c in combinations(range(LEADING), 3):
            bins.append(start + (coarse[a] * rough[b] + coarse[b]) * rough[c] + coarse[c])
            start += rough[a] * rough[b] * rough[c]
        self._total = start
        return np.array(bins, dtype=np.intp).T

    def choose(self, rows: Array, costs: Sequence[int], wanted: int) -> list[int]:
        """The places of `wanted` rows, each for what it adds to those before it and for what its network costs."""
        cells = self.cells(rows)
        cost = OVERHEAD + np.asarray(costs, dtype=float)
        left = np.ones(len(rows), dtype=bool)
        chosen = []
        for number in range(min(wanted, len(rows))):
            # The first may cost what it will: the largest networks are corners, too.
            gain = np.where(left, self._worth[cells].sum(axis=1) / (cost if number else 1.0), -1.0)
            best = int(np.argmax(gain))
            chosen.append(best)
            left[best] = False
            self._worth[cells[best]] *= LEFT
        return chosen


def _cuts(column: Array, quantiles: Sequence[float]) -> Array:
    """The ends of the bins: between any two values of a quantity that has few, else at the quantiles."""
    values = np.unique(column)
    if len(values) <= (DISTINCT if quantiles is QUANTILES else len(quantiles) + 1):
        return values[1:]
    return np.unique(np.quantile(column, quantiles))
