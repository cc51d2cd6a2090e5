"""Ordinary networks of an assignment: every size of a range as likely as any other, every value normal."""

from collections.abc import Iterator

import numpy as np

from grader.model.formulas import Loss
from grader.oracle.network import Network, forward
from grader.oracle.reference import loss_derivative
from grader.subjects.networks.assignment import Assignment, Range
from grader.subjects.networks.building import Sizes, Values, build, close, normal

#: Logits beyond this saturate a cross-entropy in float64.
LARGEST_LOGIT = 30.0

ORDINARY = Values()


def ordinary(assignment: Assignment, seed: int, values: Values = ORDINARY) -> Iterator[Network]:
    """Usable networks without end, the same for the same seed."""
    rng = np.random.default_rng(seed)
    while True:
        sizes = _sizes(assignment, rng)
        columns = _within(assignment.ranges.columns, rng)
        network = build(sizes, columns, normal(sizes, columns, rng, values), assignment.formulas, values, rng)
        if usable(network, assignment):
            yield network


def usable(network: Network, assignment: Assignment, *, near: bool = False) -> bool:
    """No unit on its kink or, but for `near`, near it; no saturated logit; an output that is not right already."""
    f = forward(network, assignment.formulas).f
    if assignment.formulas.loss is not Loss.LEAST_SQUARES and np.abs(f[-1]).max() > LARGEST_LOGIT:
        return False
    # Where every output is right already, every derivative is zero.
    if not loss_derivative(f[-1], network.y, assignment.formulas).any():
        return False
    if near or not assignment.formulas.activation.kinked:
        return all(bool(np.all(layer != 0)) for layer in f[:-1])
    return not any(bool(close(layer).any()) for layer in f[:-1])


def _sizes(assignment: Assignment, rng: np.random.Generator) -> Sizes:
    ranges = assignment.ranges
    widths = [_within(ranges.widths, rng) for _ in range(_within(ranges.depth, rng))]
    return (_within(ranges.inputs, rng), *widths, _within(ranges.outputs, rng))


def _within(limits: Range, rng: np.random.Generator) -> int:
    return int(rng.integers(limits.least, limits.most + 1))
