"""Networks one reduction smaller than another: without a layer, or with fewer columns or units.

Most are never looked at: each is made, and what is expected of it worked out, once it is. Several properties of one
submission often shrink from the same network by the same way, so those of the last few networks are kept.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial

from grader.model.formulas import Loss
from grader.oracle.network import Array, Network, forward
from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.proposals import Proposal, Proposals

#: Networks whose reductions are kept.
_KEPT = 8
#: Units or columns of which each is tried alone and left out.
_EACH = 12


@dataclass(frozen=True, eq=False)
class Reduction:
    """A reduction of a network: its size, and how to make it."""

    size: tuple[int, ...]
    make: Callable[[], Sequence[Proposal]]

    @cached_property
    def proposed(self) -> Sequence[Proposal]:
        """The networks to propose."""
        return self.make()


@dataclass(frozen=True, slots=True)
class _Cut:
    """A network with fewer layers, columns or units and the values that it had: its shape, and how to make it."""

    sizes: tuple[int, ...]
    columns: int
    make: Callable[[], Network]


def size(network: Network) -> tuple[int, ...]:
    """The order of sizes: fewest layers, then fewest hidden units, then ends, columns and spread."""
    return size_of(network.sizes, network.columns)


def size_of(sizes: Sequence[int], columns: int) -> tuple[int, ...]:
    """The size of a network with these units and columns."""
    return (len(sizes) - 2, sum(sizes[1:-1]), sizes[0] + sizes[-1], columns, *sizes)


@lru_cache(_KEPT)
def reduce(network: Network, proposals: Proposals) -> Sequence[Reduction]:
    """The reductions that are smaller than the network, smallest first."""
    largest = size(network)
    reductions = [reduction for reduction in _reduce(network, proposals) if reduction.size < largest]
    return sorted(reductions, key=lambda reduction: reduction.size)


def _reduce(network: Network, proposals: Proposals) -> Iterator[Reduction]:
    """One reduction smaller: with the values kept, also with the error at the output, and with seeded ones."""
    assignment = proposals.assignment
    cuts = list(_narrow(network, assignment))
    for cut in cuts:
        yield Reduction(size_of(cut.sizes, cut.columns), partial(_propose_cut, cut, proposals))
    if assignment.formulas.loss is Loss.LEAST_SQUARES:
        error = forward(network, assignment.formulas).f[-1] - network.y
        for cut in cuts:
            if (cut.sizes[-1], cut.columns) == error.shape:
                yield Reduction(size_of(cut.sizes, cut.columns), partial(_retarget_cut, cut, proposals, error))
    for sizes, columns in smaller_shapes(network, assignment):
        yield Reduction(size_of(sizes, columns), partial(proposals.seeded, sizes, columns))


def _propose_cut(cut: _Cut, proposals: Proposals) -> Sequence[Proposal]:
    return proposals.of([cut.make()])


def _retarget_cut(cut: _Cut, proposals: Proposals, error: Array) -> Sequence[Proposal]:
    return proposals.retarget(cut.make(), error)


def smaller_shapes(network: Network, assignment: Assignment) -> Iterator[tuple[tuple[int, ...], int]]:
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


def _narrow(network: Network, assignment: Assignment) -> Iterator[_Cut]:
    """Networks one reduction smaller that keep their values: without a layer, or without some columns or units."""
    sizes, columns = network.sizes, network.columns
    for chosen in _subsets(columns, assignment.ranges.columns.least):
        yield _Cut(sizes, len(chosen), partial(_of_columns, network, chosen))
    if network.depth > assignment.ranges.depth.least:
        for k in range(1, len(network.weights)):
            yield _Cut((*sizes[:k], *sizes[k + 1 :]), columns, partial(_merge_layers, network, k))
    for k, units in enumerate(sizes):
        if k < network.depth + 1 or assignment.formulas.loss is Loss.LEAST_SQUARES:
            for chosen in _subsets(units, _least(k, network, assignment)):
                fewer = (*sizes[:k], len(chosen), *sizes[k + 1 :])
                yield _Cut(fewer, columns, partial(_of_units, network, k, chosen))


def _subsets(number: int, least: int) -> Iterator[list[int]]:
    """Which of so many units or columns are kept: the first ones, all but one, and one alone."""
    if number <= least:
        return
    yield from (list(range(fewer)) for fewer in _smaller_numbers(number, least))
    yield from ([i for i in range(number) if i != left_out] for left_out in range(min(number, _EACH)))
    if least == 1:
        yield from ([i] for i in range(min(number, _EACH)))


def _of_columns(network: Network, chosen: list[int]) -> Network:
    """The network with only these columns."""
    return Network(network.weights, network.biases, network.net_input[:, chosen], network.y[:, chosen])


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
