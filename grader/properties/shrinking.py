"""The smallest network on which a submission fails in the same way.

Two stages, as widths and values are tied: first the shape, with seeded values, then values at that shape from a small
set. Proposals go to the candidate in batches, smallest first, and the budget is in calls: the result is the same on a
busy machine.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from grader.errors import CandidateError
from grader.model import Assignment, Loss
from grader.oracle.network import Network
from grader.properties.candidate import Answer, Candidate
from grader.properties.proposals import SIMPLE, Proposal, Proposals, numbers_of, rebuilt
from grader.suite import Suite

#: Whether each network of a suite fails, given its answers.
Fails = Callable[[Suite, Sequence[Answer]], Sequence[bool]]

#: Calls of the student's function that all counterexamples of one submission may cost together.
BUDGET = 1500


@dataclass(slots=True)
class Witness:
    """Asks the candidate about proposals, each only once, until the budget is spent or it ends."""

    candidate: Candidate
    proposals: Proposals
    left: int = BUDGET
    known: dict[bytes, Answer] = field(default_factory=dict)

    def failing(self, proposed: Iterable[Proposal], fails: Fails) -> list[Network]:
        """The networks of those that fail, in order."""
        proposed = list(proposed)
        self._ask([each for each in proposed if each.key not in self.known])
        asked = [each for each in proposed if each.key in self.known]
        if not asked:
            return []
        marks = fails(self.proposals.joined(asked), [self.known[each.key] for each in asked])
        return [each.network for each, mark in zip(asked, marks, strict=True) if mark]

    def _ask(self, proposed: Sequence[Proposal]) -> None:
        unique = list({each.key: each for each in proposed}.values())[: self.left]
        if not unique:
            return
        self.left -= len(unique)
        try:
            answers = self.candidate.answer(self.proposals.joined(unique))
        except CandidateError as error:
            # It ended on a proposal: what it said before still counts, and nothing more is asked.
            answers = error.answers
            self.left = 0
        self.known.update((each.key, answer) for each, answer in zip(unique, answers, strict=False))


def size(network: Network) -> tuple[int, ...]:
    """What smaller means: fewest layers, then fewest hidden units, then ends, columns and spread."""
    sizes = network.sizes
    return (network.depth, sum(sizes[1:-1]), sizes[0] + sizes[-1], network.columns, *sizes)


def shrink(start: Network, fails: Fails, witness: Witness) -> Network:
    """The smallest network found that fails as `start` does: never larger, and `start` itself where none is."""
    current = min([start, *_rung(start, fails, witness)], key=size)
    while smaller := [
        network
        for network in witness.failing(_reduced(current, witness.proposals), fails)
        if size(network) < size(current)
    ]:
        current = min(smaller, key=size)
    return _simplest(current, fails, witness)


def _rung(start: Network, fails: Fails, witness: Witness) -> list[Network]:
    """The narrow networks that fail, of the smallest depth at which any does."""
    proposals = witness.proposals
    for depth in range(proposals.assignment.ranges.depth.least, start.depth + 1):
        if found := witness.failing(proposals.ladder(depth, start.columns), fails):
            return found
    return []


def _reduced(network: Network, proposals: Proposals) -> Iterator[Proposal]:
    """Networks one reduction smaller: a layer less, or one size less, with the values kept and with seeded ones."""
    assignment, sizes, columns = proposals.assignment, network.sizes, network.columns
    if columns > (least := assignment.ranges.columns.least):
        yield from proposals.seeded(sizes, least)
    if network.depth > assignment.ranges.depth.least:
        for k in range(1, len(sizes) - 1):
            yield from proposals.seeded((*sizes[:k], *sizes[k + 1 :]), columns)
    for k, fewer in _fewer(network, assignment):
        if k < len(sizes) - 1 or assignment.formulas.loss is Loss.LEAST_SQUARES:
            yield from proposals.of([_narrowed(network, k, fewer)])
        yield from proposals.seeded((*sizes[:k], fewer, *sizes[k + 1 :]), columns)


def _fewer(network: Network, assignment: Assignment) -> Iterator[tuple[int, int]]:
    """Each layer with the smaller sizes that are tried for it."""
    ranges, last = assignment.ranges, len(network.sizes) - 1
    for k, units in enumerate(network.sizes):
        limits = ranges.inputs if k == 0 else ranges.outputs if k == last else ranges.widths
        tried = {limits.least, (units + limits.least) // 2, units - 1}
        yield from ((k, fewer) for fewer in sorted(tried) if limits.least <= fewer < units)


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
    drawn = [network, *witness.failing(witness.proposals.simple(network), fails)]
    current = min(drawn, key=_complexity)
    if current is network:
        # No simple value fails (rounding, float16): the seeded ones stay.
        return network
    while simpler := [
        each
        for each in witness.failing(witness.proposals.of(_simplified(current)), fails)
        if _complexity(each) < _complexity(current)
    ]:
        current = min(simpler, key=_complexity)
    return current


def _simplified(network: Network) -> Iterator[Network]:
    """Each value in turn replaced by every simpler one."""
    numbers = numbers_of(network)
    for at, value in enumerate(numbers):
        for simpler in SIMPLE[: SIMPLE.index(float(value))]:
            changed = numbers.copy()
            changed[at] = simpler
            yield rebuilt(network.sizes, network.columns, changed, network.y)


def _complexity(network: Network) -> tuple[int, int]:
    """How much there is to read: values outside the simple set, then how far down its list the others are."""
    values = [*numbers_of(network).tolist(), *network.y.ravel().tolist()]
    ranks = [SIMPLE.index(value) if value in SIMPLE else -1 for value in values]
    # A one-hot or binary target is as simple as it can be.
    odd = sum(1 for rank, value in zip(ranks, values, strict=True) if rank < 0 and value != 0)
    return odd, sum(rank for rank in ranks if rank > 0)
