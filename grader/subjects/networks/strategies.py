"""Hypothesis strategies for networks, by the corner in which wrong implementations hide."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from grader.model.formulas import Formulas, Loss
from grader.oracle.network import Network
from grader.oracle.suite import count
from grader.subjects.networks.assignment import Assignment, Range, Ranges
from grader.subjects.networks.building import Sizes, Values, build, dyadic, normal


def within(limits: Range, least: int = 0, most: int = 1 << 30) -> st.SearchStrategy[int]:
    """Integers of a range, narrowed if the range allows it."""
    low = min(max(limits.least, least), limits.most)
    return st.integers(low, max(low, min(limits.most, most)))


@st.composite
def shapes(  # noqa: PLR0913 - what may be narrowed of the ranges
    draw: DrawFn,
    ranges: Ranges,
    *,
    least_depth: int = 0,
    most_depth: int = 1 << 30,
    least_width: int = 0,
    width: int = 0,
) -> Sizes:
    """Any sizes within the ranges; `width` fixes every hidden width."""
    depth = draw(within(ranges.depth, least_depth, most_depth))
    widths = [draw(st.just(width) if width else within(ranges.widths, least_width)) for _ in range(depth)]
    return (draw(within(ranges.inputs)), *widths, draw(within(ranges.outputs)))


@st.composite
def equal_sizes(draw: DrawFn, ranges: Ranges) -> Sizes:
    """All widths equal, with inputs and outputs if their ranges allow it: a missing transpose hides there."""
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
    depth = draw(within(ranges.depth, 2))
    chosen = sorted(draw(within(ranges.widths)) for _ in range(depth))
    return (draw(within(ranges.inputs)), *(chosen if widening else chosen[::-1]), draw(within(ranges.outputs)))


@st.composite
def alternating_sizes(draw: DrawFn, ranges: Ranges) -> Sizes:
    """Many hidden layers, narrow and wide by turns: the largest steps up and down that there are, at every place."""
    depth, first = draw(within(ranges.depth, max(2, ranges.depth.most - 1))), draw(st.integers(0, 1))
    ends = (ranges.widths.least, ranges.widths.most)
    widths = [ends[(k + first) % 2] for k in range(depth)]
    return (draw(within(ranges.inputs)), *widths, draw(within(ranges.outputs)))


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
    if values.plain:
        entries = count(shape) + (shape[0] + shape[-1]) * columns
        raw = draw(st.binary(min_size=entries, max_size=entries))
        return build(shape, columns, dyadic(np.frombuffer(raw, dtype=np.uint8)), formulas, values)
    # The shape is part of the seed: Hypothesis likes a few seeds, and two shapes are not to share their values.
    rng = np.random.default_rng([draw(st.integers(0, 2**32 - 1)), values.salt, columns, *shape])
    if values.grid:
        entries = count(shape) + (shape[0] + shape[-1]) * columns
        return build(shape, columns, dyadic(rng.integers(0, 256, entries)), formulas, values)
    return build(shape, columns, normal(shape, columns, rng, values), formulas, values, rng)


def corners(assignment: Assignment) -> dict[str, tuple[st.SearchStrategy[Sizes], Values]]:
    """The rows to draw beside the notebook's own shape, by name; corners that the ranges leave empty are left out."""
    ranges, formulas = assignment.ranges, assignment.formulas
    depth, widths = ranges.depth, ranges.widths
    least_squares = formulas.loss is Loss.LEAST_SQUARES
    any_shape, alive = shapes(ranges), Values(bend="alive")
    # Larger inputs only saturate units or logits that are not piecewise linear.
    large = 64.0 if least_squares and formulas.activation.kinked else 2.0
    rows = {
        "plain values": (any_shape, Values(grid=True, plain=True)),
        "large values": (any_shape, Values(large, bend="alive")),
        "small values": (any_shape, Values(1 / 16, bend="alive")),
        "exact zeros": (any_shape, Values(special="zeros", bend="alive")),
        "one sign": (any_shape, Values(special="one sign", bend="alive")),
        "uneven values": (any_shape, Values(special="uneven", bend="alive")),
        "equal weights": (any_shape, Values(special="equal weights", bend="alive")),
    }
    for layers in range(depth.least, depth.most + 1):
        # A layer of one unit lets a single number through to all layers below.
        rows[f"{layers} deep"] = (shapes(ranges, least_depth=layers, most_depth=layers, least_width=2), alive)
    if depth.most >= 1:
        rows |= _of_hidden_layers(ranges, least_squares=least_squares)
    if depth.most >= 2:
        rows["equal widths"] = (equal_sizes(ranges), alive)
        if widths.most > widths.least:
            rows["narrow and wide by turns"] = (alternating_sizes(ranges), alive)
            rows["widening"] = (sorted_sizes(ranges, widening=True), alive)
            rows["narrowing"] = (sorted_sizes(ranges, widening=False), alive)
        if widths.most - widths.least + 1 >= max(depth.least, 2):
            rows["different widths"] = (different_sizes(ranges), alive)
    if max(ranges.inputs.most, ranges.outputs.most) > 1:
        rows["several inputs and outputs"] = (many_ends(ranges), alive)
    if least_squares:
        rows["negative targets"] = (any_shape, Values(negative_targets=True, bend="alive"))
        if ranges.outputs.most > 1:
            rows["an output at its target"] = (
                many_ends(ranges),
                Values(special="output at its target", bend="alive"),
            )
    if ranges.columns.most > 1:
        rows["equal columns"] = (any_shape, Values(special="equal columns", bend="alive"))
    return rows


def _of_hidden_layers(ranges: Ranges, *, least_squares: bool) -> dict[str, tuple[st.SearchStrategy[Sizes], Values]]:
    hidden, alive = shapes(ranges, least_depth=1), Values(bend="alive")
    rows = {
        "all units active": (hidden, Values(bend="all active")),
        "one unit active": (hidden, Values(bend="one active")),
        "dead layer": (hidden, Values(bend="dead layer")),
        "near the kink": (hidden, Values(bend="near the kink", grid=True)),
        "widest": (shapes(ranges, least_depth=1, width=ranges.widths.most), alive),
        "narrowest": (shapes(ranges, least_depth=1, width=ranges.widths.least), alive),
    }
    if least_squares:
        rows["large weights"] = (shapes(ranges, least_depth=1, most_depth=2), Values(weight=4.0, bend="alive"))
    return rows
