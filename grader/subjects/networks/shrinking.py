"""The smallest network on which a submission fails in the same way.

Two stages, as widths and values are tied: first the shape, with its own and with seeded values, then values at that
shape from a small set. Proposals go to the candidate in batches, smallest first, and the budget is in calls: the
result is the same on a busy machine.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from grader.judge.row import Failure
from grader.judge.witness import BUDGET, Witness
from grader.model.formulas import Loss
from grader.oracle.network import Network
from grader.oracle.suite import Suite
from grader.subjects.networks.proposals import SIMPLE, Proposal, Proposals, numbers_of, rebuilt
from grader.subjects.networks.reductions import reduce, size, smaller_shapes

#: Reductions that are tried together, smallest first, before larger ones are looked at.
TOGETHER = 24

#: The same for what has few calls.
FEW_TOGETHER = 4

#: Networks of simple values that are tried together, simplest first.
SIMPLEST = 12

#: Calls that a network of many layers whose numbers overflow may cost: fewer layers overflow less, and most reductions
#: show nothing.
OVERFLOWING, DEEP = 120, 4

#: Values of which each is made simpler.
_FEW = 60


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
    reductions = reduce(network, search.proposals)
    if search.kept:
        reductions = sorted(reductions, key=lambda reduction: reduction.size[0] < network.depth)
    together = FEW_TOGETHER if search.kept else TOGETHER
    for at in range(0, len(reductions), together):
        tried = [proposal for reduction in reductions[at : at + together] for proposal in reduction.proposed]
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
    for sizes, columns in sorted(
        smaller_shapes(network, proposals.assignment), key=lambda shape: (sum(shape[0]), shape)
    ):
        if failing := search.failing(proposals.simple_of(sizes, columns), failure):
            return min(failing, key=size)
    return None


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
