"""A network from a shape and a row of numbers.

Ordinary numbers are normal, with all 53 bits of a float64: code that rounds them shows. Weights are divided by the root
of their fan-in, so that deep networks neither die out nor blow up, and a bias is drawn again while its unit is close to
its kink. Beside them there is a grid, odd multiples of 1/64 with weights divided by a power of two: sums of them are
exact, so that a unit can be put at a stated distance from its kink, and a counterexample can be read.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from grader.model.formulas import Formulas, Loss
from grader.oracle.network import Array, Network, activate

#: Inputs, hidden widths, outputs.
Sizes = tuple[int, ...]
Bend = Literal["as drawn", "alive", "dead layer", "all active", "one active", "near the kink"]
Special = Literal["nothing", "zeros", "one sign", "uneven", "equal weights", "equal columns", "output at its target"]

#: The distance of a value that is near zero: nearer than a threshold that someone puts in for zero, and far enough for
#: a step of 2^-18.
NEAR = 2.0**-14

#: Normal values keep every hidden preactivation this far from its kink, in units of the largest of its layer.
MARGIN = 1e-3

#: The number of times that a bias is drawn again: each time one unit in a few hundred is still too near.
REDRAWS = 50


@dataclass(frozen=True, slots=True)
class Values:
    """The distribution of a network's values, once its shape is drawn."""

    #: Factor on the input, under least squares on the target, and on the biases where values are normal.
    size: float = 1.0
    #: Factor on the weights, for networks of few layers.
    weight: float = 1.0
    negative_targets: bool = False
    bend: Bend = "as drawn"
    special: Special = "nothing"
    #: Multiples of 1/64, rather than normal values.
    grid: bool = False
    #: Values of the grid straight from Hypothesis, which repeats itself and loves extremes, rather than from a seed.
    plain: bool = False
    #: Told apart by it are corners that draw the same simple seeds.
    salt: int = 0


def dyadic(raw: NDArray[np.integer]) -> Array:
    """Integers from 0 to 255 as odd multiples of 1/64 between -4 and 4."""
    return (2.0 * raw.astype(np.float64) - 255.0) / 64.0


def normal(shape: Sizes, columns: int, rng: np.random.Generator, values: Values) -> Array:
    """As many normal numbers as `build` needs.

    If `values` says so, a quarter of inputs, targets, biases and first weights is zero (zeros higher up would make a
    wrong propagation look like a wrong mask); or half of the arrays have one sign each; or each array has a size
    of its own: what is rare at one place of ordinary networks is common at all places of these.
    """
    lengths = _lengths(shape, columns)
    parts = [rng.standard_normal(length) for length in lengths]
    match values.special:
        case "zeros":
            # The parts are the input, the target, the first weights and biases, the second weights, and so on.
            parts = [
                np.where(rng.random(len(part)) < 1 / 4, 0.0, part) if n < 3 or n % 2 else part
                for n, part in enumerate(parts)
            ]
        case "one sign":
            parts = [(np.abs(part), -np.abs(part), part, part)[rng.integers(4)] for part in parts]
        case "uneven":
            parts = [part * 2.0 ** rng.uniform(-4, 2) for part in parts]
        case _:
            pass
    return np.concatenate(parts)


def build(  # noqa: PLR0913 - a network's shape, its numbers, and what is made of them
    shape: Sizes,
    columns: int,
    numbers: Array,
    formulas: Formulas,
    values: Values,
    rng: np.random.Generator | None = None,
) -> Network:
    """A network from as many numbers as it has parameters, inputs and targets, bent as `values` says.

    With `rng` the numbers are normal, and it draws the biases that are drawn again; without it they are of the grid.
    """
    rest = iter(np.split(numbers, np.cumsum(_lengths(shape, columns))[:-1]))
    h = x = _repeat_columns(next(rest).reshape(shape[0], columns), values) * values.size
    y = _target(_repeat_columns(next(rest).reshape(shape[-1], columns), values), formulas.loss, values)
    weights, biases = [], []
    for k, (fan_in, out) in enumerate(pairwise(shape)):
        root = 2.0 ** (1 + round(np.log2(fan_in) / 2)) if rng is None else np.sqrt(fan_in)
        weight = next(rest).reshape(out, fan_in) * values.weight / root
        if values.special == "equal weights":
            weight = np.full_like(weight, weight[0, 0])
        bias = next(rest).reshape(out, 1) * (1.0 if rng is None else values.size)
        if k < len(shape) - 2:
            bias = _bent(bias, weight @ h, k, shape, values)
            if rng is not None and formulas.activation.kinked:
                bias = _clear(bias, weight @ h, k, shape, values, rng)
        f = bias + weight @ h
        h = activate(f, formulas)
        weights.append(weight)
        biases.append(bias)
    if values.special == "output at its target" and formulas.loss is Loss.LEAST_SQUARES:
        y[0, 0] = f[0, 0]
    return Network(tuple(weights), tuple(biases), x, y)


def _bent(bias: Array, sums: Array, k: int, shape: Sizes, values: Values) -> Array:
    """The biases of hidden layer `k`, given what its weights make of the layer below; bent already, they stay."""
    f = bias + sums
    match values.bend:
        case "all active":
            return np.asarray(bias + (np.abs(f) - f).max(axis=1, keepdims=True))
        case "dead layer" if k == (len(shape) - 2) // 2:
            return np.asarray(bias - (np.abs(f) + f).max(axis=1, keepdims=True))
        case "one active":
            # A unit of its own in each layer, on every column.
            on = np.arange(len(f))[:, None] == k % len(f)
            up = (np.abs(f) - f).max(axis=1, keepdims=True)
            down = (np.abs(f) + f).max(axis=1, keepdims=True)
            return np.asarray(bias + np.where(on, up, -down))
        case "alive" if np.max(f[:, 0]) < 0:
            # Below a dead layer there is nothing to judge, and narrow ones often die.
            best = int(np.argmax(f[:, 0]))
            bias = bias.copy()
            bias[best] -= 2 * f[best, 0]
        case "near the kink":
            # One unit a layer, on either side of zero by turns.
            bias = bias.copy()
            unit = k % shape[k + 1]
            bias[unit] += (NEAR if k % 2 == 0 else -NEAR) - f[unit, 0]
    return bias


def close(f: Array) -> NDArray[np.bool_]:
    """The units of a layer (units x columns) that are too near their kink on some column."""
    size: Array = np.abs(f)
    return np.asarray((size <= MARGIN * np.max(size)).any(axis=1))


def _clear(  # noqa: PLR0913 - the same as `_bent`, and what to draw from
    bias: Array, sums: Array, k: int, shape: Sizes, values: Values, rng: np.random.Generator
) -> Array:
    """The biases, those of units near their kink drawn again."""
    for _ in range(REDRAWS):
        near = close(bias + sums)
        if not near.any():
            break
        bias = bias.copy()
        bias[near, 0] = rng.standard_normal(int(near.sum())) * values.size
        bias = _bent(bias, sums, k, shape, values)
    return bias


def _repeat_columns(numbers: Array, values: Values) -> Array:
    """Repeat each column if the values are to have equal columns."""
    if values.special != "equal columns":
        return numbers
    columns = numbers.shape[1]
    return np.asarray(numbers[:, np.arange(columns) // 2 * 2])


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
