"""Networks proposed as counterexamples: those that follow from a shape are made once, for all submissions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product

import numpy as np

from grader.model.formulas import Loss
from grader.oracle.network import Array, Network, Pass, forward, network_of
from grader.oracle.suite import (
    Suite,
    build_unmeasured,
    count,
    flatten,
    interleave,
    join,
    key,
    matrices,
    measure,
    propose,
)
from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.building import Sizes, Values, build, dyadic

#: Values that a person reads at a glance, simplest first.
SIMPLE = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0)

#: Hidden units closer to their kink than this are no example to show.
CLEAR = 1 / 64

#: The number of shapes that are kept: a proposal is some three kilobytes, and a shape has three seeded and 72 simple
#: ones.
_SEEDED, _SIMPLE = 512, 64
#: The rows of them that are kept as one suite, and the parameters that such a row may have: those that nearly every
#: submission is asked about are small.
_JOINED, _PARAMETERS = 32, 2048
#: Networks whose finite differences are kept.
_MEASURED = 64


@dataclass(frozen=True, eq=False)
class Proposal:
    """A network, what it is known by, its forward pass, and what is expected."""

    network: Network
    key: bytes
    forward: Pass
    assignment: Assignment
    #: True if it follows from a shape alone, and so is proposed for one submission after another.
    common: bool = False

    @cached_property
    def expected(self) -> Suite:
        """The question with its expectations, worked out once they are needed: that takes longer than all else."""
        return propose([self.network], self.assignment.formulas, self.assignment.rtol, [self.forward])


class Proposals:
    """The networks that an assignment allows to be proposed; for many submissions."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.seeded = lru_cache(_SEEDED)(self._make_seeded)
        self._of_values = lru_cache(_SIMPLE)(self._simple)
        self._measured: dict[bytes, Suite] = {}
        self._kept_questions = lru_cache(_JOINED)(_questions)
        self._kept_expectations = lru_cache(_JOINED)(_expectations)

    def of(self, networks: Iterable[Network], *, common: bool = False) -> list[Proposal]:
        """The networks that can be shown, each once: without hidden units near their kinks."""
        return self._propose(
            ((network, forward(network, self.assignment.formulas)) for network in networks), common=common
        )

    def retarget(self, network: Network, error: Array) -> list[Proposal]:
        """The network with targets as far from its outputs as `error`, or nearer: some faults need that."""
        at = forward(network, self.assignment.formulas)
        targets = [at.f[-1] - scale * error for scale in (1.0, 1 / 256)]
        return self._propose((Network(network.weights, network.biases, network.net_input, y), at) for y in targets)

    def _propose(self, networks: Iterable[tuple[Network, Pass]], *, common: bool = False) -> list[Proposal]:
        proposals: dict[bytes, Proposal] = {}
        for network, at in networks:
            if _clear(at.f) and (name := key(network)) not in proposals:
                proposals[name] = Proposal(network, name, at, self.assignment, common)
        return [*proposals.values()]

    def questions(self, proposals: Iterable[Proposal]) -> Suite:
        """The questions of the proposals as one suite."""
        row = tuple(proposals)
        return self._kept_questions(row) if _is_kept(row) else _questions(row)

    def expectations(self, proposals: Iterable[Proposal]) -> Suite:
        """The proposals with the expected answers."""
        row = tuple(proposals)
        return self._kept_expectations(row) if _is_kept(row) else _expectations(row)

    def measure(self, network: Network) -> Suite:
        """The network with its finite differences; those of the last few are kept, as many submissions end there."""
        name = key(network)
        if name not in self._measured:
            if len(self._measured) >= _MEASURED:
                del self._measured[next(iter(self._measured))]
            formulas, rtol = self.assignment.formulas, self.assignment.rtol
            self._measured[name] = measure([network], ["shrunk"], formulas, rtol)
        return self._measured[name]

    def ladder(self, depth: int, columns: int) -> list[Proposal]:
        """Narrow networks of a depth, smallest first."""
        ranges = self.assignment.ranges
        few = [
            [value for value in (limits.least, limits.least + 1) if value in limits]
            for limits in (ranges.inputs, ranges.widths, ranges.outputs)
        ]
        shapes = {(inputs, *[width] * depth, outputs) for inputs, width, outputs in product(*few)}
        ordered = sorted(shapes, key=lambda shape: (sum(shape), shape))
        return [proposal for shape in ordered for proposal in self.seeded(shape, columns)]

    def simple(self, network: Network) -> Sequence[Proposal]:
        """Networks of this one's shape with simple values: all ones, then ever more varied."""
        if self.assignment.formulas.loss is Loss.LEAST_SQUARES:
            return self._of_values(network.sizes, network.columns)
        # Their targets are no values to choose, but one of a few: this network's own.
        return self.of(_draw_values(network.sizes, network.columns, [network.y]))

    def simple_of(self, sizes: Sizes, columns: int) -> Sequence[Proposal]:
        """Networks of any shape with simple values; targets that cannot be chosen are those of a seeded network."""
        if self.assignment.formulas.loss is Loss.LEAST_SQUARES:
            return self._of_values(sizes, columns)
        targets = [proposal.network.y for proposal in self.seeded(sizes, columns)]
        return self.of(_draw_values(sizes, columns, targets)) if targets else ()

    def _make_seeded(self, shape: Sizes, columns: int) -> list[Proposal]:
        """A few networks of a shape, their values fixed by it."""
        entries = count(shape) + (shape[0] + shape[-1]) * columns
        proposals = []
        for seed in range(3):
            numbers = np.random.default_rng([seed, columns, *shape]).integers(0, 256, entries)
            values = Values(negative_targets=seed == 2)
            proposals.append(build(shape, columns, dyadic(numbers), self.assignment.formulas, values))
        return self.of(proposals, common=True)

    def _simple(self, sizes: Sizes, columns: int) -> list[Proposal]:
        targets = [np.full((sizes[-1], columns), value) for value in (1.0, -1.0, 2.0)]
        return self.of(_draw_values(sizes, columns, targets), common=True)


def _is_kept(row: tuple[Proposal, ...]) -> bool:
    """True if the row is worth keeping as one suite: common proposals, and small ones."""
    return (
        all(proposal.common for proposal in row)
        and sum(count(proposal.network.sizes) for proposal in row) <= _PARAMETERS
    )


def _questions(row: tuple[Proposal, ...]) -> Suite:
    return build_unmeasured([proposal.network for proposal in row], [proposal.forward for proposal in row], "proposed")


def _expectations(row: tuple[Proposal, ...]) -> Suite:
    return join([proposal.expected for proposal in row])


def rebuilt(sizes: Sizes, columns: int, numbers: Array, y: Array) -> Network:
    """A network from W[0], b[0], W[1], b[1] and so on, and its input, in one row."""
    parameters = count(sizes)
    return network_of(matrices(sizes, numbers[:parameters]), numbers[parameters:].reshape(sizes[0], columns), y)


def numbers_of(network: Network) -> Array:
    """The numbers that `rebuilt` takes."""
    return flatten([*interleave(network), network.net_input])


def _draw_values(sizes: Sizes, columns: int, targets: Sequence[Array]) -> Iterator[Network]:
    entries = count(sizes) + sizes[0] * columns
    rng = np.random.default_rng(list(sizes))
    for variety in (1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 8, 8, 8, 8, 8, 8, 8, 8, 8):
        numbers = np.array(SIMPLE[:variety])[rng.integers(0, variety, entries)]
        for y in targets:
            yield rebuilt(sizes, columns, numbers, y)


def _clear(f: Sequence[Array]) -> bool:
    return bool((np.abs(flatten(f[:-1])) >= CLEAR).all())
