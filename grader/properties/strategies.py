"""Hypothesis strategies for networks, by the corner in which wrong implementations hide.

Values are odd multiples of 1/64, so that no input, weight or bias is zero and a preactivation is hardly ever exactly
on its kink; weights are divided by a power of two near the root of their fan-in, so that deep networks neither die out
nor blow up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from hypothesis import strategies as st

from grader.model import Assignment, Formulas, Loss, Range, Ranges
from grader.oracle.network import Array, Network, activate

Draw = Callable[[st.SearchStrategy[int]], int]
Sizes = tuple[int, ...]
Bend = Literal["as drawn", "dead layer", "all active"]

#: Logits beyond this saturate a cross-entropy in float64.
LARGEST_LOGIT = 30.0


@dataclass(frozen=True, slots=True)
class Values:
    """How a network's values are drawn, once its shape is."""

    #: Factor on the input (and under least squares the target).
    size: float = 1.0
    negative_targets: bool = False
    bend: Bend = "as drawn"
    #: Values straight from Hypothesis, which repeats itself and loves extremes, rather than from a seed.
    plain: bool = False


def within(limits: Range, least: int = 0, most: int = 1 << 30) -> st.SearchStrategy[int]:
    """Integers of a range, narrowed where the range allows it."""
    low = min(max(limits.least, least), limits.most)
    return st.integers(low, max(low, min(limits.most, most)))


@st.composite
def shapes(draw: Draw, ranges: Ranges, *, least_depth: int = 0, most_depth: int = 1 << 30, width: int = 0) -> Sizes:
    """Any sizes within the ranges; `width` fixes every hidden width."""
    depth = draw(within(ranges.depth, least_depth, most_depth))
    widths = [draw(st.just(width) if width else within(ranges.widths)) for _ in range(depth)]
    return (draw(within(ranges.inputs)), *widths, draw(within(ranges.outputs)))


@st.composite
def equal_sizes(draw: Draw, ranges: Ranges) -> Sizes:
    """All widths equal, with inputs and outputs where their ranges allow it: a missing transpose hides there."""
    width = draw(within(ranges.widths, 2))
    inputs = width if width in ranges.inputs else draw(within(ranges.inputs))
    outputs = width if width in ranges.outputs else draw(within(ranges.outputs))
    return (inputs, *[width] * draw(within(ranges.depth, 2)), outputs)


@st.composite
def different_sizes(draw: Draw, ranges: Ranges) -> Sizes:
    """All hidden widths different: a wrong shape shows there."""
    depth = draw(within(ranges.depth, 2, ranges.widths.most - ranges.widths.least + 1))
    widths = list(range(ranges.widths.least, ranges.widths.most + 1))
    chosen = [widths.pop(draw(st.integers(0, len(widths) - 1))) for _ in range(depth)]
    return (draw(within(ranges.inputs)), *chosen, draw(within(ranges.outputs)))


@st.composite
def many_ends(draw: Draw, ranges: Ranges) -> Sizes:
    """Several inputs and outputs."""
    widths = [draw(within(ranges.widths)) for _ in range(draw(within(ranges.depth)))]
    return (draw(within(ranges.inputs, 2)), *widths, draw(within(ranges.outputs, 2)))


@st.composite
def networks(draw: Draw, sizes: st.SearchStrategy[Sizes], columns: int, formulas: Formulas, values: Values) -> Network:
    """A network of drawn sizes with values as asked; none with a unit exactly at zero or a saturated logit."""
    shape: Sizes = draw(sizes)  # type: ignore[arg-type, assignment]
    entries = sum((a + 1) * b for a, b in pairwise(shape)) + (shape[0] + shape[-1]) * columns
    if values.plain:
        raw = draw(st.binary(min_size=entries, max_size=entries))  # type: ignore[arg-type]
        numbers = np.frombuffer(raw, dtype=np.uint8).astype(np.float64)  # type: ignore[call-overload]
    else:
        seed = draw(st.integers(0, 2**32 - 1))
        numbers = np.random.default_rng(seed).integers(0, 256, entries).astype(np.float64)
    return build(shape, columns, (2 * numbers - 255) / 64, formulas, values)


def build(shape: Sizes, columns: int, numbers: Array, formulas: Formulas, values: Values) -> Network:
    """A network from as many numbers as it has parameters, inputs and targets, bent as `values` says."""
    rest = iter(np.split(numbers, np.cumsum(_lengths(shape, columns))[:-1]))
    h = x = next(rest).reshape(shape[0], columns) * values.size
    y = _target(next(rest).reshape(shape[-1], columns), formulas.loss, values)
    weights, biases = [], []
    for k, (fan_in, out) in enumerate(pairwise(shape)):
        weight = next(rest).reshape(out, fan_in) * 2.0 ** -(1 + round(np.log2(fan_in) / 2))
        bias = next(rest).reshape(out, 1)
        f = bias + weight @ h
        hidden = k < len(shape) - 2
        if hidden and values.bend == "all active":
            bias = bias + (np.abs(f) - f).max(axis=1, keepdims=True)
        elif hidden and values.bend == "dead layer" and k == (len(shape) - 2) // 2:
            bias = bias - (np.abs(f) + f).max(axis=1, keepdims=True)
        h = activate(bias + weight @ h, formulas)
        weights.append(weight)
        biases.append(bias)
    return Network(tuple(weights), tuple(biases), x, y)


def _lengths(shape: Sizes, columns: int) -> list[int]:
    lengths = [shape[0] * columns, shape[-1] * columns]
    for fan_in, out in pairwise(shape):
        lengths += [fan_in * out, out]
    return lengths


def _target(numbers: Array, loss: Loss, values: Values) -> Array:
    match loss:
        case Loss.LEAST_SQUARES:
            return (-np.abs(numbers) if values.negative_targets else numbers) * values.size
        case Loss.BINARY_CROSS_ENTROPY:
            return np.where(numbers > 0, 1.0, 0.0)
        case Loss.SOFTMAX_CROSS_ENTROPY:
            return np.asarray(np.eye(len(numbers))[:, np.argmax(numbers, axis=0)])


def corners(assignment: Assignment) -> dict[str, tuple[st.SearchStrategy[Sizes], Values]]:
    """What to draw beside the notebook's own shape, by name; corners that the ranges leave empty are left out."""
    ranges, formulas = assignment.ranges, assignment.formulas
    depth, widths = ranges.depth, ranges.widths
    least_squares = formulas.loss is Loss.LEAST_SQUARES
    # Larger inputs only saturate units or logits that are not piecewise linear.
    large = 16.0 if least_squares and formulas.activation.kinked else 2.0
    hidden = shapes(ranges, least_depth=1)
    found = {
        "any": (shapes(ranges), Values()),
        "any, plain values": (shapes(ranges), Values(plain=True)),
        "large values": (shapes(ranges), Values(size=large)),
        "small values": (shapes(ranges), Values(size=1 / 16)),
        "deepest": (shapes(ranges, least_depth=depth.most), Values()),
    }
    if 0 in depth:
        found["no hidden layer"] = (shapes(ranges, most_depth=0), Values())
    if 1 in depth:
        found["one hidden layer"] = (shapes(ranges, least_depth=1, most_depth=1), Values())
    if depth.most >= 1:
        found["all units active"] = (hidden, Values(bend="all active"))
        found["dead layer"] = (hidden, Values(bend="dead layer"))
        found["widest"] = (shapes(ranges, least_depth=1, width=widths.most), Values())
        found["narrowest"] = (shapes(ranges, least_depth=1, width=widths.least), Values())
    if depth.most >= 2:
        found["equal widths"] = (equal_sizes(ranges), Values())
        if widths.most > widths.least:
            found["different widths"] = (different_sizes(ranges), Values())
    if max(ranges.inputs.most, ranges.outputs.most) > 1:
        found["several inputs and outputs"] = (many_ends(ranges), Values())
    if least_squares:
        found["negative targets"] = (shapes(ranges), Values(negative_targets=True))
    return found
