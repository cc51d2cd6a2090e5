"""The smallest network on which a submission fails in the same way.

Two stages, as widths and values are tied: first the shape, with its own and with seeded values, then values at that
shape from a small set. Proposals go to the candidate in batches, smallest first, and the budget is in calls: the
result is the same on a busy machine.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from grader.errors import CandidateError
from grader.model.assignment import Assignment, Loss
from grader.oracle.answers import Answer, Candidate
from grader.oracle.network import Network, forward
from grader.oracle.suite import Suite
from grader.subjects.networks.proposals import SIMPLE, Proposal, Proposals, numbers_of, rebuilt

#: Whether each network of a suite fails, given its answers.
Fails = Callable[[Suite, Sequence[Answer]], Sequence[bool]]

#: Calls of the student's function that all counterexamples of one submission may cost together.
BUDGET = 1500

#: Units or columns of which each is tried alone and left out, and values of which each is made simpler.
_EACH, _FEW = 12, 60


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
    while True:
        current = _descended(current, fails, witness)
        smaller = _searched(current, fails, witness)
        if smaller is None:
            return _simplest(current, fails, witness)
        current = smaller


def _rung(start: Network, fails: Fails, witness: Witness) -> list[Network]:
    """The narrow networks that fail, of the smallest depth at which any does."""
    proposals = witness.proposals
    least = proposals.assignment.ranges.columns.least
    few = sorted({columns for columns in (least, least + 1, start.columns) if columns <= start.columns})
    for depth in range(proposals.assignment.ranges.depth.least, start.depth + 1):
        proposed = [each for columns in few for each in proposals.ladder(depth, columns)]
        if found := witness.failing(proposed, fails):
            return found
    return []


def _descended(network: Network, fails: Fails, witness: Witness) -> Network:
    """Reduce it step by step until no reduction fails."""
    current = network
    while smaller := [
        found for found in witness.failing(_reduced(current, witness.proposals), fails) if size(found) < size(current)
    ]:
        current = min(smaller, key=size)
    return current


def _searched(network: Network, fails: Fails, witness: Witness) -> Network | None:
    """Look among networks of simple values for one that fails, at each shape that is one reduction smaller.

    Only where the shape is not nearly as simple as can be: a plain mistake needs no search.
    """
    proposals = witness.proposals
    if network.depth <= 1 and sum(network.sizes) <= len(network.sizes) + 1 and network.columns == 1:
        return None
    if witness.left < BUDGET // 3:
        # What is left is for the other properties.
        return None
    for sizes, columns in sorted(_smaller(network, proposals.assignment), key=lambda shape: (sum(shape[0]), shape)):
        if found := witness.failing(proposals.simple_of(sizes, columns), fails):
            return min(found, key=size)
    return None


def _reduced(network: Network, proposals: Proposals) -> Iterator[Proposal]:
    """Networks one reduction smaller: with the values kept, also with the error at the output, and with seeded ones."""
    assignment = proposals.assignment
    kept = list(_narrowed(network, assignment))
    if assignment.formulas.loss is Loss.LEAST_SQUARES:
        kept += list(_retargeted(network, kept, assignment))
    yield from proposals.of(kept)
    for sizes, columns in _smaller(network, assignment):
        yield from proposals.seeded(sizes, columns)


def _smaller(network: Network, assignment: Assignment) -> Iterator[tuple[tuple[int, ...], int]]:
    """Sizes and columns that are one reduction smaller: fewer columns, a layer less, fewer units in one layer."""
    sizes, columns = network.sizes, network.columns
    for fewer in _tried(columns, assignment.ranges.columns.least):
        yield sizes, fewer
    if network.depth > assignment.ranges.depth.least:
        for shorter in dict.fromkeys((*sizes[:k], *sizes[k + 1 :]) for k in range(1, len(sizes) - 1)):
            yield shorter, columns
    for k, units in enumerate(sizes):
        for fewer in _tried(units, _least(k, network, assignment)):
            yield (*sizes[:k], fewer, *sizes[k + 1 :]), columns


def _least(k: int, network: Network, assignment: Assignment) -> int:
    ranges, last = assignment.ranges, len(network.sizes) - 1
    return (ranges.inputs if k == 0 else ranges.outputs if k == last else ranges.widths).least


def _tried(number: int, least: int) -> list[int]:
    """The smaller numbers that are tried in its place."""
    return sorted({tried for tried in (least, (number + least) // 2, number - 1) if least <= tried < number})


def _narrowed(network: Network, assignment: Assignment) -> Iterator[Network]:
    """Networks one reduction smaller that keep their values: without a layer, or without some columns or units."""
    columns, least = network.columns, assignment.ranges.columns.least
    for chosen in _subsets(columns, least):
        yield Network(network.weights, network.biases, network.net_input[:, chosen], network.y[:, chosen])
    if network.depth > assignment.ranges.depth.least:
        for k in range(1, len(network.weights)):
            yield _joined(network, k)
    for k, units in enumerate(network.sizes):
        if k < network.depth + 1 or assignment.formulas.loss is Loss.LEAST_SQUARES:
            for chosen in _subsets(units, _least(k, network, assignment)):
                yield _of_units(network, k, chosen)


def _subsets(number: int, least: int) -> Iterator[list[int]]:
    """Which of so many units or columns are kept: the first ones, all but one, and one alone."""
    if number <= least:
        return
    yield from (list(range(fewer)) for fewer in _tried(number, least))
    yield from ([i for i in range(number) if i != left_out] for left_out in range(min(number, _EACH)))
    if least == 1:
        yield from ([i] for i in range(min(number, _EACH)))


def _of_units(network: Network, k: int, units: list[int]) -> Network:
    """The network with only these units of h[k] (of the outputs, for the last k)."""
    weights, biases = list(network.weights), list(network.biases)
    if k < len(weights):
        weights[k] = weights[k][:, units]
    if k > 0:
        weights[k - 1], biases[k - 1] = weights[k - 1][units], biases[k - 1][units]
    net_input = network.net_input[units] if k == 0 else network.net_input
    y = network.y[units] if k == len(weights) else network.y
    return Network(tuple(weights), tuple(biases), net_input, y)


def _joined(network: Network, k: int) -> Network:
    """The network without hidden layer k, whose two matrices become their product."""
    weights, biases = network.weights, network.biases
    weight, bias = weights[k] @ weights[k - 1], biases[k] + weights[k] @ biases[k - 1]
    return Network(
        (*weights[: k - 1], weight, *weights[k + 1 :]),
        (*biases[: k - 1], bias, *biases[k + 1 :]),
        network.net_input,
        network.y,
    )


def _retargeted(network: Network, smaller: Sequence[Network], assignment: Assignment) -> Iterator[Network]:
    """Smaller networks whose targets are as far from their outputs as this one's, or nearer: some faults need that."""
    formulas = assignment.formulas
    error = forward(network, formulas).f[-1] - network.y
    for found in smaller:
        if found.y.shape == error.shape:
            output = forward(found, formulas).f[-1]
            for scale in (1.0, 1 / 256):
                yield Network(found.weights, found.biases, found.net_input, output - scale * error)


def _simplest(network: Network, fails: Fails, witness: Witness) -> Network:
    """The same shape with values from a small set, one by one as simple as the failure allows."""
    free = witness.proposals.assignment.formulas.loss is Loss.LEAST_SQUARES
    drawn = [network, *witness.failing(witness.proposals.simple(network), fails)]
    current = min(drawn, key=_complexity)
    while True:
        simpler = witness.failing(witness.proposals.of(_simplified(current, targets=free)), fails)
        better = min([current, *simpler], key=_complexity)
        if _complexity(better) >= _complexity(current):
            return current
        current = better


def _simplified(network: Network, *, targets: bool) -> Iterator[Network]:
    """Each value in turn replaced by every simpler one; all of those that are simple at all for one that is not."""
    numbers = numbers_of(network)
    if len(numbers) > _FEW:
        return
    for at, value in enumerate(numbers.tolist()):
        for simpler in _simpler(value):
            changed = numbers.copy()
            changed[at] = simpler
            yield rebuilt(network.sizes, network.columns, changed, network.y)
    for at, value in enumerate(network.y.ravel().tolist() if targets else ()):
        for simpler in _simpler(value):
            y = network.y.copy()
            y.flat[at] = simpler
            yield Network(network.weights, network.biases, network.net_input, y)


def _simpler(value: float) -> Sequence[float]:
    return SIMPLE[: SIMPLE.index(value)] if value in SIMPLE else SIMPLE


def _complexity(network: Network) -> tuple[int, int]:
    """How much there is to read: values outside the simple set, then how far down its list the others are."""
    values = [*numbers_of(network).tolist(), *network.y.ravel().tolist()]
    ranks = [SIMPLE.index(value) if value in SIMPLE else -1 for value in values]
    # A one-hot or binary target is as simple as it can be.
    odd = sum(1 for rank, value in zip(ranks, values, strict=True) if rank < 0 and value != 0)
    return odd, sum(rank for rank in ranks if rank > 0)
