"""Hypothesis strategies for networks, by the corner in which wrong implementations hide."""

from itertools import pairwise

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from grader.model import Assignment, Formulas, Loss, Range, Ranges
from grader.oracle.network import Network
from grader.properties.building import Sizes, Values, build, dyadic

#: Logits beyond this saturate a cross-entropy in float64.
LARGEST_LOGIT = 30.0


def within(limits: Range, least: int = 0, most: int = 1 << 30) -> st.SearchStrategy[int]:
    """Integers of a range, narrowed where the range allows it."""
    low = min(max(limits.least, least), limits.most)
    return st.integers(low, max(low, min(limits.most, most)))


@st.composite
def shapes(draw: DrawFn, ranges: Ranges, *, least_depth: int = 0, most_depth: int = 1 << 30, width: int = 0) -> Sizes:
    """Any sizes within the ranges; `width` fixes every hidden width."""
    depth = draw(within(ranges.depth, least_depth, most_depth))
    widths = [draw(st.just(width) if width else within(ranges.widths)) for _ in range(depth)]
    return (draw(within(ranges.inputs)), *widths, draw(within(ranges.outputs)))


@st.composite
def equal_sizes(draw: DrawFn, ranges: Ranges) -> Sizes:
    """All widths equal, with inputs and outputs where their ranges allow it: a missing transpose hides there."""
    width = draw(within(ranges.widths, 2))
    inputs = width if width in ranges.inputs else draw(within(ranges.inputs))
    outputs = width if width in ranges.outputs else draw(within(ranges.outputs))
    return (inputs, *[width] * draw(within(ranges.depth, 2)), outputs)


@st.composite
def different_sizes(draw: DrawFn, ranges: Ranges) -> Sizes:
    """All hidden widths different: a wrong shape shows there."""
    depth = draw(within(ranges.depth, 2, ranges.widths.most - ranges.widths.least + 1))
    widths = list(range(ranges.widths.least, ranges.widths.most + 1))
    chosen = [widths.pop(draw(st.integers(0, len(widths) - 1))) for _ in range(depth)]
    return (draw(within(ranges.inputs)), *chosen, draw(within(ranges.outputs)))


@st.composite
def sorted_sizes(draw: DrawFn, ranges: Ranges, *, widening: bool) -> Sizes:
    """Hidden layers that widen or narrow from one to the next."""
    depth = draw(within(ranges.depth, 2, ranges.widths.most - ranges.widths.least + 1))
    widths = list(range(ranges.widths.least, ranges.widths.most + 1))
    chosen = sorted(widths.pop(draw(st.integers(0, len(widths) - 1))) for _ in range(depth))
    return (draw(within(ranges.inputs)), *(chosen if widening else chosen[::-1]), draw(within(ranges.outputs)))


@st.composite
def many_ends(draw: DrawFn, ranges: Ranges) -> Sizes:
    """Several inputs and outputs."""
    widths = [draw(within(ranges.widths)) for _ in range(draw(within(ranges.depth)))]
    return (draw(within(ranges.inputs, 2)), *widths, draw(within(ranges.outputs, 2)))


@st.composite
def networks(
    draw: DrawFn, sizes: st.SearchStrategy[Sizes], columns: int, formulas: Formulas, values: Values
) -> Network:
    """A network of drawn sizes with values as asked."""
    shape = draw(sizes)
    entries = sum((a + 1) * b for a, b in pairwise(shape)) + (shape[0] + shape[-1]) * columns
    if values.plain:
        raw = draw(st.binary(min_size=entries, max_size=entries))
        numbers = dyadic(np.frombuffer(raw, dtype=np.uint8))
    else:
        seed = draw(st.integers(0, 2**32 - 1))
        numbers = dyadic(np.random.default_rng([seed, values.salt]).integers(0, 256, entries))
    return build(shape, columns, numbers, formulas, values)


def corners(assignment: Assignment) -> dict[str, tuple[st.SearchStrategy[Sizes], Values]]:
    """What to draw beside the notebook's own shape, by name; corners that the ranges leave empty are left out."""
    ranges, formulas = assignment.ranges, assignment.formulas
    depth, widths = ranges.depth, ranges.widths
    least_squares = formulas.loss is Loss.LEAST_SQUARES
    # Larger inputs only saturate units or logits that are not piecewise linear.
    large = 64.0 if least_squares and formulas.activation.kinked else 2.0
    hidden = shapes(ranges, least_depth=1)
    alive = Values(bend="alive")
    found = {
        "any": (shapes(ranges), Values()),
        "any, plain values": (shapes(ranges), Values(plain=True)),
        "large values": (shapes(ranges), Values(large, bend="alive")),
        "small values": (shapes(ranges), Values(1 / 16, bend="alive")),
        "deepest": (shapes(ranges, least_depth=depth.most), alive),
    }
    for each in range(depth.least, depth.most + 1):
        found[f"{each} deep"] = (shapes(ranges, least_depth=each, most_depth=each), alive)
    if 0 in depth:
        found["no hidden layer"] = (shapes(ranges, most_depth=0), Values())
    if 1 in depth:
        found["one hidden layer"] = (shapes(ranges, least_depth=1, most_depth=1), Values())
    if depth.most >= 1:
        found["all units active"] = (hidden, Values(bend="all active"))
        found["dead layer"] = (hidden, Values(bend="dead layer"))
        found["near the kink"] = (hidden, Values(bend="near the kink"))
        if least_squares:
            found["large weights"] = (shapes(ranges, least_depth=1, most_depth=2), Values(weight=4.0, bend="alive"))
        found["widest"] = (shapes(ranges, least_depth=1, width=widths.most), alive)
        found["narrowest"] = (shapes(ranges, least_depth=1, width=widths.least), alive)
    if depth.most >= 2:
        found["equal widths"] = (equal_sizes(ranges), alive)
        if widths.most > widths.least:
            found["different widths"] = (different_sizes(ranges), alive)
            found["widening"] = (sorted_sizes(ranges, widening=True), alive)
            found["narrowing"] = (sorted_sizes(ranges, widening=False), alive)
    if max(ranges.inputs.most, ranges.outputs.most) > 1:
        found["several inputs and outputs"] = (many_ends(ranges), alive)
    if least_squares:
        found["negative targets"] = (shapes(ranges), Values(negative_targets=True, bend="alive"))
    return found
