"""The smallest network on which a submission fails in the same way.

Two stages, as widths and values are tied: first the shape, with its own and with seeded values, then values at that
shape from a small set. Proposals go to the candidate in batches, smallest first, and the budget is in calls: the
result is the same on a busy machine.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from grader.judge.row import Failure
from grader.judge.witness import BUDGET, Witness
from grader.model.formulas import Loss
from grader.oracle.network import Network, forward
from grader.oracle.suite import Suite
from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.proposals import SIMPLE, Proposal, Proposals, numbers_of, rebuilt

#: Reductions that are tried together, smallest first, before larger ones are looked at.
TOGETHER = 24

#: The same for what has few calls.
FEW_TOGETHER = 4

#: Networks of simple values that are tried together, simplest first.
SIMPLEST = 12

#: Calls that a network of many layers whose numbers overflow may cost: fewer layers overflow less, and most reductions
#: show nothing.
OVERFLOWING, DEEP = 120, 4

#: Units or columns of which each is tried alone and left out, and values of which each is made simpler.
_EACH, _FEW = 12, 60


@dataclass(frozen=True, slots=True)
class Search:
    """Proposals, and who is asked about them."""

    witness: Witness
    proposals: Proposals
    #: The calls of the witness's that are kept for others.
    kept: int = 0

    def failing(self, proposed: Iterable[Proposal], failure: Failure) -> list[Network]:
        """The networks of those that fail, in order."""
        proposed, known = list(proposed), self.witness.known
        if self.witness.left > self.kept:
            questions = partial(self._questions, proposed)
            self.witness.ask([proposal.key for proposal in proposed], questions)
        asked = [proposal for proposal in proposed if proposal.key in known and failure.could_be(known[proposal.key])]
        if not asked:
            return []
        marks = failure.test(self.proposals.expectations(asked), [known[proposal.key] for proposal in asked])
        return [proposal.network for proposal, mark in zip(asked, marks, strict=True) if mark]

    def _questions(self, proposed: Sequence[Proposal], places: Sequence[int]) -> Suite:
        return self.proposals.questions(proposed[place] for place in places)


def size(network: Network) -> tuple[int, ...]:
    """The order of sizes: fewest layers, then fewest hidden units, then ends, columns and spread."""
    return size_of(network.sizes, network.columns)


def size_of(sizes: Sequence[int], columns: int) -> tuple[int, ...]:
    """The size of a network with these units and columns."""
    return (len(sizes) - 2, sum(sizes[1:-1]), sizes[0] + sizes[-1], columns, *sizes)


def shrink(start: Network, failure: Failure, search: Search) -> Network:
    """The smallest network found that fails as `start` does: never larger, and `start` itself if none does."""
    # What overflows over many layers does not in narrow networks of simple values.
    current = start if search.kept else min([start, *_rung(start, failure, search)], key=size)
    while True:
        current = _descend(current, failure, search)
        smaller = _search_simple(current, failure, search)
        if smaller is None:
            return _simplest(current, failure, search)
        current = smaller


def _rung(start: Network, failure: Failure, search: Search) -> list[Network]:
    """The narrow networks that fail, of the smallest depth at which any does."""
    proposals = search.proposals
    least = proposals.assignment.ranges.columns.least
    few = sorted({columns for columns in (least, least + 1, start.columns) if columns <= start.columns})
    for depth in range(proposals.assignment.ranges.depth.least, start.depth + 1):
        proposed = [proposal for columns in few for proposal in proposals.ladder(depth, columns)]
        if failing := search.failing(proposed, failure):
            return failing
    return []


def _descend(network: Network, failure: Failure, search: Search) -> Network:
    """Reduce it step by step, each time to the smallest that fails, until no reduction does."""
    current = network
    while smaller := _smallest_reduced(current, failure, search):
        current = smaller
    return current


def _smallest_reduced(network: Network, failure: Failure, search: Search) -> Network | None:
    """The smallest network one reduction smaller that fails, or None if none does."""
    largest = size(network)
    reductions = [reduction for reduction in _reduce(network, search.proposals) if reduction.size < largest]
    # Most are never looked at: working out what is expected of a network takes longer than to reduce it.
    reductions.sort(key=lambda reduction: (search.kept and reduction.size[0] < largest[0], reduction.size))
    together = FEW_TOGETHER if search.kept else TOGETHER
    for at in range(0, len(reductions), together):
        tried = [proposal for reduction in reductions[at : at + together] for proposal in reduction.proposed()]
        if failing := search.failing(tried, failure):
            return min(failing, key=size)
    return None


def _search_simple(network: Network, failure: Failure, search: Search) -> Network | None:
    """Search networks of simple values for one that fails, at each shape that is one reduction smaller.

    Only where the shape is not nearly as simple as can be: a plain mistake needs no search.
    """
    proposals = search.proposals
    if network.depth <= 1 and sum(network.sizes) <= len(network.sizes) + 1 and network.columns == 1:
        return None
    if search.witness.left < BUDGET // 3:
        # What is left is for the other properties.
        return None
    for sizes, columns in sorted(_smaller(network, proposals.assignment), key=lambda shape: (sum(shape[0]), shape)):
        if failing := search.failing(proposals.simple_of(sizes, columns), failure):
            return min(failing, key=size)
    return None


@dataclass(frozen=True, slots=True)
class _NetworkReduction:
    """A reduction of a network: its size, and how to make it."""

    size: tuple[int, ...]
    proposed: Callable[[], Sequence[Proposal]]


def _reduce(network: Network, proposals: Proposals) -> Iterator[_NetworkReduction]:
    """One reduction smaller: with the values kept, also with the error at the output, and with seeded ones."""
    assignment = proposals.assignment
    kept = list(_narrow(network, assignment))
    for smaller in kept:
        yield _NetworkReduction(size(smaller), partial(proposals.of, [smaller]))
    if assignment.formulas.loss is Loss.LEAST_SQUARES:
        error = forward(network, assignment.formulas).f[-1] - network.y
        for smaller in kept:
            if smaller.y.shape == error.shape:
                yield _NetworkReduction(size(smaller), partial(proposals.retarget, smaller, error))
    for sizes, columns in _smaller(network, assignment):
        yield _NetworkReduction(size_of(sizes, columns), partial(proposals.seeded, sizes, columns))


def _smaller(network: Network, assignment: Assignment) -> Iterator[tuple[tuple[int, ...], int]]:
    """Sizes and columns that are one reduction smaller: fewer columns, a layer less, fewer units in one layer."""
    sizes, columns = network.sizes, network.columns
    for fewer in _smaller_numbers(columns, assignment.ranges.columns.least):
        yield sizes, fewer
    if network.depth > assignment.ranges.depth.least:
        for shorter in dict.fromkeys((*sizes[:k], *sizes[k + 1 :]) for k in range(1, len(sizes) - 1)):
            yield shorter, columns
    for k, units in enumerate(sizes):
        for fewer in _smaller_numbers(units, _least(k, network, assignment)):
            yield (*sizes[:k], fewer, *sizes[k + 1 :]), columns


def _least(k: int, network: Network, assignment: Assignment) -> int:
    ranges, last = assignment.ranges, len(network.sizes) - 1
    return (ranges.inputs if k == 0 else ranges.outputs if k == last else ranges.widths).least


def _smaller_numbers(number: int, least: int) -> list[int]:
    """The smaller numbers that are tried in its place."""
    return sorted({tried for tried in (least, (number + least) // 2, number - 1) if least <= tried < number})


def _narrow(network: Network, assignment: Assignment) -> Iterator[Network]:
    """Networks one reduction smaller that keep their values: without a layer, or without some columns or units."""
    columns, least = network.columns, assignment.ranges.columns.least
    for chosen in _subsets(columns, least):
        yield Network(network.weights, network.biases, network.net_input[:, chosen], network.y[:, chosen])
    if network.depth > assignment.ranges.depth.least:
        for k in range(1, len(network.weights)):
            yield _merge_layers(network, k)
    for k, units in enumerate(network.sizes):
        if k < network.depth + 1 or assignment.formulas.loss is Loss.LEAST_SQUARES:
            for chosen in _subsets(units, _least(k, network, assignment)):
                yield _of_units(network, k, chosen)


def _subsets(number: int, least: int) -> Iterator[list[int]]:
    """Which of so many units or columns are kept: the first ones, all but one, and one alone."""
    if number <= least:
        return
    yield from (list(range(fewer)) for fewer in _smaller_numbers(number, least))
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


def _merge_layers(network: Network, k: int) -> Network:
    """The network without hidden layer k, whose two matrices become their product."""
    weights, biases = network.weights, network.biases
    weight, bias = weights[k] @ weights[k - 1], biases[k] + weights[k] @ biases[k - 1]
    return Network(
        (*weights[: k - 1], weight, *weights[k + 1 :]),
        (*biases[: k - 1], bias, *biases[k + 1 :]),
        network.net_input,
        network.y,
    )


def _simplest(network: Network, failure: Failure, search: Search) -> Network:
    """The network's shape with values from a small set, one by one as simple as the failure allows."""
    free = search.proposals.assignment.formulas.loss is Loss.LEAST_SQUARES
    current = min([network, *_first_failing(search.proposals.simple(network), failure, search)], key=_complexity)
    while True:
        simpler = search.failing(search.proposals.of(_simplify(current, targets=free)), failure)
        better = min([current, *simpler], key=_complexity)
        if _complexity(better) >= _complexity(current):
            return current
        current = better


def _first_failing(proposed: Sequence[Proposal], failure: Failure, search: Search) -> list[Network]:
    """The networks that fail of the first few proposals of which any does: the simplest come first."""
    for at in range(0, len(proposed), SIMPLEST):
        if failing := search.failing(proposed[at : at + SIMPLEST], failure):
            return failing
    return []


def _simplify(network: Network, *, targets: bool) -> Iterator[Network]:
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
    """The amount that there is to read: values outside the simple set, then how far down its list the others are."""
    values = [*numbers_of(network).tolist(), *network.y.ravel().tolist()]
    ranks = [SIMPLE.index(value) if value in SIMPLE else -1 for value in values]
    # A one-hot or binary target is as simple as it can be.
    odd = sum(1 for rank, value in zip(ranks, values, strict=True) if rank < 0 and value != 0)
    return odd, sum(rank for rank in ranks if rank > 0)
