"""The smallest network on which a submission fails in the same way.

Two stages, as widths and values are tied: first the shape, with seeded values, then values at that shape from a small
set. Proposals go to the candidate in batches, smallest first, and the budget is in calls: the result is the same on a
busy machine.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from grader.errors import CandidateError
from grader.model import Assignment, Loss
from grader.oracle.network import Array, Network, forward, network_of
from grader.properties.building import Sizes, Values, build, dyadic
from grader.properties.candidate import Answer, Candidate
from grader.suite import Suite, count, flatten, interleaved, key, matrices, proposed

#: Whether each network of a suite fails, given its answers.
Fails = Callable[[Suite, Sequence[Answer]], Sequence[bool]]

#: Calls of the student's function that all counterexamples of one submission may cost together.
BUDGET = 1500

#: Values that a person reads at a glance, simplest first.
SIMPLE = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0)

#: Hidden units closer to their kink than this are no example to show.
CLEAR = 1 / 64


@dataclass(slots=True)
class Witness:
    """Asks the candidate about proposed networks, each only once, until the budget is spent or it ends."""

    candidate: Candidate
    assignment: Assignment
    left: int = BUDGET
    known: dict[bytes, Answer] = field(default_factory=dict)

    def failing(self, networks: Sequence[Network], fails: Fails) -> list[Network]:
        """Those of the networks that fail, in order."""
        clear = [network for network in networks if self._clear(network)]
        self._ask([network for network in clear if key(network) not in self.known])
        asked = [network for network in clear if key(network) in self.known]
        if not asked:
            return []
        suite = proposed(asked, self.assignment.formulas, self.assignment.rtol)
        marks = fails(suite, [self.known[key(network)] for network in asked])
        return [network for network, mark in zip(asked, marks, strict=True) if mark]

    def _ask(self, networks: Sequence[Network]) -> None:
        unique = list({key(network): network for network in networks}.values())[: self.left]
        if not unique:
            return
        self.left -= len(unique)
        suite = proposed(unique, self.assignment.formulas, self.assignment.rtol)
        try:
            answers = self.candidate.answer(suite)
        except CandidateError as error:
            # It ended on a proposal: what it said before still counts, and nothing more is asked.
            answers = error.answers
            self.left = 0
        self.known.update((key(network), answer) for network, answer in zip(unique, answers, strict=False))

    def _clear(self, network: Network) -> bool:
        f = forward(network, self.assignment.formulas).f
        return all(bool(np.all(np.abs(layer) >= CLEAR)) for layer in f[:-1])


def size(network: Network) -> tuple[int, ...]:
    """What smaller means: fewest layers, then fewest hidden units, then ends, columns and spread."""
    sizes = network.sizes
    return (network.depth, sum(sizes[1:-1]), sizes[0] + sizes[-1], network.columns, *sizes)


def shrink(start: Network, fails: Fails, witness: Witness) -> Network:
    """The smallest network found that fails as `start` does: never larger, and `start` itself where none is."""
    current = min([start, *witness.failing(_ladder(start, witness.assignment), fails)], key=size)
    while smaller := [
        network
        for network in witness.failing(list(_reduced(current, witness.assignment)), fails)
        if size(network) < size(current)
    ]:
        current = min(smaller, key=size)
    return _simplest(current, fails, witness)


def _seeded(shape: Sizes, columns: int, assignment: Assignment) -> Iterator[Network]:
    """A few networks of a shape, their values fixed by it."""
    entries = count(shape) + (shape[0] + shape[-1]) * columns
    for seed in range(3):
        numbers = np.random.default_rng([seed, columns, *shape]).integers(0, 256, entries)
        values = Values(negative_targets=seed == 2)
        yield build(shape, columns, dyadic(numbers), assignment.formulas, values)


def _ladder(start: Network, assignment: Assignment) -> list[Network]:
    """Narrow networks of every depth up to that of `start`, smallest first."""
    ranges = assignment.ranges
    few = [
        [value for value in (limits.least, limits.least + 1) if value in limits]
        for limits in (ranges.inputs, ranges.widths, ranges.outputs)
    ]
    shapes = sorted(
        {
            (inputs, *[width] * depth, outputs)
            for depth in range(ranges.depth.least, start.depth + 1)
            for inputs, width, outputs in product(*few)
        },
        key=lambda shape: (len(shape), sum(shape), shape),
    )
    return [network for shape in shapes for network in _seeded(shape, start.columns, assignment)]


def _reduced(network: Network, assignment: Assignment) -> Iterator[Network]:
    """Networks one reduction smaller: a layer less, or one size less, with the values kept and with seeded ones."""
    ranges, sizes = assignment.ranges, network.sizes
    if network.columns > 1:
        yield from _seeded(sizes, 1, assignment)
    for k in range(1, len(sizes) - 1):
        if network.depth > ranges.depth.least:
            yield from _seeded((*sizes[:k], *sizes[k + 1 :]), network.columns, assignment)
    for k, units in enumerate(sizes):
        limits = ranges.inputs if k == 0 else ranges.outputs if k == len(sizes) - 1 else ranges.widths
        for fewer in sorted({limits.least, (units + limits.least) // 2, units - 1}):
            if limits.least <= fewer < units:
                if k < len(sizes) - 1 or assignment.formulas.loss is Loss.LEAST_SQUARES:
                    yield _narrowed(network, k, fewer)
                yield from _seeded((*sizes[:k], fewer, *sizes[k + 1 :]), network.columns, assignment)


def _narrowed(network: Network, k: int, units: int) -> Network:
    """The network without the last units of h[k] (the outputs, for the last k)."""
    weights, biases = list(network.weights), list(network.biases)
    if k < len(weights):
        weights[k] = weights[k][:, :units]
    if k > 0:
        weights[k - 1], biases[k - 1] = weights[k - 1][:units], biases[k - 1][:units]
    net_input = network.net_input[:units] if k == 0 else network.net_input
    y = network.y[:units] if k == len(weights) else network.y
    return Network(tuple(weights), tuple(biases), net_input, y)


def _simplest(network: Network, fails: Fails, witness: Witness) -> Network:
    """The same shape with values from a small set, one by one as simple as the failure allows."""
    drawn = [network, *witness.failing(list(_simple(network, witness.assignment)), fails)]
    current = min(drawn, key=_complexity)
    if current is network:
        # No simple value fails (rounding, float16): the seeded ones stay.
        return network
    while simpler := [
        each for each in witness.failing(list(_simplified(current)), fails) if _complexity(each) < _complexity(current)
    ]:
        current = min(simpler, key=_complexity)
    return current


def _simple(network: Network, assignment: Assignment) -> Iterator[Network]:
    """Networks of this shape with simple values: all ones, then ever more varied."""
    entries = count(network.sizes) + network.net_input.size
    rng = np.random.default_rng(list(network.sizes))
    least_squares = assignment.formulas.loss is Loss.LEAST_SQUARES
    for variety in (1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 8, 8, 8, 8, 8, 8, 8, 8, 8):
        numbers = np.array(SIMPLE[:variety])[rng.integers(0, variety, entries)]
        for y in [np.full_like(network.y, value) for value in (1.0, -1.0, 2.0)] if least_squares else [network.y]:
            yield _rebuilt(network, numbers, y)


def _simplified(network: Network) -> Iterator[Network]:
    """Each value in turn replaced by every simpler one."""
    numbers = _numbers(network)
    for at, value in enumerate(numbers):
        for simpler in SIMPLE[: SIMPLE.index(float(value))]:
            changed = numbers.copy()
            changed[at] = simpler
            yield _rebuilt(network, changed, network.y)


def _numbers(network: Network) -> Array:
    return flatten([*interleaved(network), network.net_input])


def _rebuilt(network: Network, numbers: Array, y: Array) -> Network:
    parameters = count(network.sizes)
    return network_of(
        matrices(network.sizes, numbers[:parameters]),
        numbers[parameters:].reshape(network.net_input.shape),
        y,
    )


def _complexity(network: Network) -> tuple[int, int]:
    """How much there is to read: values outside the simple set, then how far down its list the others are."""
    values = [*_numbers(network).tolist(), *network.y.ravel().tolist()]
    ranks = [SIMPLE.index(value) if value in SIMPLE else -1 for value in values]
    # A one-hot or binary target is as simple as it can be.
    odd = sum(1 for rank, value in zip(ranks, values, strict=True) if rank < 0 and value != 0)
    return odd, sum(rank for rank in ranks if rank > 0)
