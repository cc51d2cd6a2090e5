"""Networks proposed as counterexamples: those that follow from a shape are made once, for all submissions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from grader.model.assignment import Assignment, Loss
from grader.oracle.network import Array, Network, forward, network_of
from grader.oracle.suite import Suite, count, flatten, interleaved, join, key, matrices, proposed
from grader.subjects.networks.building import Sizes, Values, build, dyadic

#: Values that a person reads at a glance, simplest first.
SIMPLE = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0)

#: Hidden units closer to their kink than this are no example to show.
CLEAR = 1 / 64

#: How many shapes are kept: a proposal is some three kilobytes, and a shape has three seeded and 72 simple ones.
_SEEDED, _SIMPLE = 512, 64
#: How many rows of them are kept as one suite, and how many parameters such a row may have: those that nearly every
#: submission is asked about are small.
_JOINED, _PARAMETERS = 32, 2048


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A network, what it is known by, and what is asked and expected of it."""

    network: Network
    key: bytes
    suite: Suite
    #: Whether it follows from a shape alone, and so is proposed for one submission after another.
    common: bool = False


class Proposals:
    """What an assignment allows to be proposed; for many submissions."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.seeded = lru_cache(_SEEDED)(self._seeded)
        self._of_values = lru_cache(_SIMPLE)(self._simple)
        self._joined = lru_cache(_JOINED)(_join)

    def of(self, networks: Iterable[Network], *, common: bool = False) -> list[Proposal]:
        """The networks that can be shown, each once: without hidden units near their kinks."""
        formulas, rtol = self.assignment.formulas, self.assignment.rtol
        clear = [each for each in networks if _clear(forward(each, formulas).f)]
        return [Proposal(each, name, proposed([each], formulas, rtol), common) for name, each in _unique(clear).items()]

    def joined(self, proposed: Iterable[Proposal]) -> Suite:
        """The proposals as one suite: the same one each time where they are common ones, and small."""
        row = tuple(proposed)
        kept = all(each.common for each in row) and sum(each.suite.starts[-1] for each in row) <= _PARAMETERS
        return self._joined(row) if kept else _join(row)

    def ladder(self, depth: int, columns: int) -> list[Proposal]:
        """Narrow networks of a depth, smallest first."""
        ranges = self.assignment.ranges
        few = [
            [value for value in (limits.least, limits.least + 1) if value in limits]
            for limits in (ranges.inputs, ranges.widths, ranges.outputs)
        ]
        shapes = {(inputs, *[width] * depth, outputs) for inputs, width, outputs in product(*few)}
        ordered = sorted(shapes, key=lambda shape: (sum(shape), shape))
        return [each for shape in ordered for each in self.seeded(shape, columns)]

    def simple(self, network: Network) -> Sequence[Proposal]:
        """Networks of this one's shape with simple values: all ones, then ever more varied."""
        if self.assignment.formulas.loss is Loss.LEAST_SQUARES:
            return self._of_values(network.sizes, network.columns)
        # Their targets are no values to choose, but one of a few: this network's own.
        return self.of(_valued(network.sizes, network.columns, [network.y]))

    def simple_of(self, sizes: Sizes, columns: int) -> Sequence[Proposal]:
        """Networks of any shape with simple values; targets that cannot be chosen are those of a seeded network."""
        if self.assignment.formulas.loss is Loss.LEAST_SQUARES:
            return self._of_values(sizes, columns)
        targets = [each.network.y for each in self.seeded(sizes, columns)]
        return self.of(_valued(sizes, columns, targets)) if targets else ()

    def _seeded(self, shape: Sizes, columns: int) -> list[Proposal]:
        """A few networks of a shape, their values fixed by it."""
        entries = count(shape) + (shape[0] + shape[-1]) * columns
        found = []
        for seed in range(3):
            numbers = np.random.default_rng([seed, columns, *shape]).integers(0, 256, entries)
            values = Values(negative_targets=seed == 2)
            found.append(build(shape, columns, dyadic(numbers), self.assignment.formulas, values))
        return self.of(found, common=True)

    def _simple(self, sizes: Sizes, columns: int) -> list[Proposal]:
        targets = [np.full((sizes[-1], columns), value) for value in (1.0, -1.0, 2.0)]
        return self.of(_valued(sizes, columns, targets), common=True)


def _join(proposed: tuple[Proposal, ...]) -> Suite:
    return join([each.suite for each in proposed])


def rebuilt(sizes: Sizes, columns: int, numbers: Array, y: Array) -> Network:
    """A network from W[0], b[0], W[1], b[1] and so on, and its input, in one row."""
    parameters = count(sizes)
    return network_of(matrices(sizes, numbers[:parameters]), numbers[parameters:].reshape(sizes[0], columns), y)


def numbers_of(network: Network) -> Array:
    """What `rebuilt` takes."""
    return flatten([*interleaved(network), network.net_input])


def _valued(sizes: Sizes, columns: int, targets: Sequence[Array]) -> Iterator[Network]:
    entries = count(sizes) + sizes[0] * columns
    rng = np.random.default_rng(list(sizes))
    for variety in (1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 8, 8, 8, 8, 8, 8, 8, 8, 8):
        numbers = np.array(SIMPLE[:variety])[rng.integers(0, variety, entries)]
        for y in targets:
            yield rebuilt(sizes, columns, numbers, y)


def _unique(networks: Iterable[Network]) -> dict[bytes, Network]:
    return {key(each): each for each in networks}


def _clear(f: Sequence[Array]) -> bool:
    return all(bool((np.abs(layer) >= CLEAR).all()) for layer in f[:-1])
