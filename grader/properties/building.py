"""A network from a shape and a row of numbers.

Numbers are odd multiples of 1/64, so that no input, weight or bias is zero and a preactivation is hardly ever exactly
on its kink; weights are divided by a power of two near the root of their fan-in, so that deep networks neither die out
nor blow up.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from grader.model import Formulas, Loss
from grader.oracle.network import Array, Network, activate

#: Inputs, hidden widths, outputs.
Sizes = tuple[int, ...]
Bend = Literal["as drawn", "alive", "dead layer", "all active", "near the kink"]

#: How near: nearer than a threshold that someone puts in for zero, and far enough for a step of 2^-18.
NEAR = 2.0**-14


@dataclass(frozen=True, slots=True)
class Values:
    """How a network's values are drawn, once its shape is."""

    #: Factor on the input (and under least squares the target).
    size: float = 1.0
    #: Factor on the weights, for networks of few layers.
    weight: float = 1.0
    negative_targets: bool = False
    bend: Bend = "as drawn"
    #: Values straight from Hypothesis, which repeats itself and loves extremes, rather than from a seed.
    plain: bool = False
    #: Told apart by it are corners that draw the same simple seeds.
    salt: int = 0


def dyadic(raw: NDArray[np.integer]) -> Array:
    """Integers from 0 to 255 as odd multiples of 1/64 between -4 and 4."""
    return (2.0 * raw.astype(np.float64) - 255.0) / 64.0


def build(shape: Sizes, columns: int, numbers: Array, formulas: Formulas, values: Values) -> Network:
    """A network from as many numbers as it has parameters, inputs and targets, bent as `values` says."""
    rest = iter(np.split(numbers, np.cumsum(_lengths(shape, columns))[:-1]))
    h = x = next(rest).reshape(shape[0], columns) * values.size
    y = _target(next(rest).reshape(shape[-1], columns), formulas.loss, values)
    weights, biases = [], []
    for k, (fan_in, out) in enumerate(pairwise(shape)):
        weight = next(rest).reshape(out, fan_in) * values.weight * 2.0 ** -(1 + round(np.log2(fan_in) / 2))
        bias = next(rest).reshape(out, 1)
        f = bias + weight @ h
        hidden = k < len(shape) - 2
        if hidden and values.bend == "all active":
            bias = bias + (np.abs(f) - f).max(axis=1, keepdims=True)
        elif hidden and values.bend == "dead layer" and k == (len(shape) - 2) // 2:
            bias = bias - (np.abs(f) + f).max(axis=1, keepdims=True)
        elif hidden and values.bend == "alive" and f[:, 0].max() < 0:
            # Below a dead layer there is nothing to judge, and narrow ones often die.
            best = int(np.argmax(f[:, 0]))
            bias = bias.copy()
            bias[best] -= 2 * f[best, 0]
        elif hidden and values.bend == "near the kink":
            # One unit a layer, on either side of zero by turns.
            bias = bias.copy()
            bias[k % out] += (NEAR if k % 2 == 0 else -NEAR) - f[k % out, 0]
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
