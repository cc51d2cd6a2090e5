"""Central differences of every parameter, with their own uncertainty, and none where a kink is too near.

Along one weight or bias a network with piecewise linear activations is piecewise linear, so under least squares the
loss is piecewise quadratic and a central difference that crosses no kink has no truncation error at any step: the
step is large. Everywhere else the loss is curved, and two Richardson extrapolations of three steps say by their
disagreement how far they can be trusted (L. F. Richardson, 1911).

All perturbations of a layer go through the layers above it as the columns of one matrix.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grader.model import Formulas, Loss
from grader.oracle.network import Array, Network, Pass, activate, forward, loss_terms, losses
from grader.oracle.tolerance import CONCLUSIVE, scale

#: Changes of a preactivation, tried from the largest: powers of two, so that a step is exact.
EXACT_STEPS = tuple(2.0**-e for e in (0, 3, 6, 9, 12, 15, 18))

#: Largest of three halved steps where the loss is curved; the more certain of the levels counts.
CURVED_STEPS = (2.0**-6, 2.0**-9, 2.0**-12)

#: Rounding of a loss, relative to the terms that it adds up: forward pass and sum.
ROUNDING = 8 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """dW[0], db[0], dW[1], db[1], ...: `value` is NaN where a coordinate is inconclusive; `uncertainty` is absolute."""

    value: list[Array]
    uncertainty: list[Array]


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    """The parameters of one layer as P directions: each moves one row of f[k] by `slopes` (P x columns) a unit."""

    k: int
    rows: NDArray[np.intp]
    slopes: Array

    def take(self, which: NDArray[np.bool_]) -> "_Layer":
        return _Layer(self.k, self.rows[which], self.slopes[which])


def differences(network: Network, formulas: Formulas, given: Pass | None = None) -> Differences:
    """Every partial derivative of the loss by central differences."""
    at = given or forward(network, formulas)
    exact = formulas.loss is Loss.LEAST_SQUARES and (formulas.activation.kinked or network.depth == 0)
    measure = _exact if exact else _curved
    scales = scale(network, formulas, at)
    widest = max(float(part.max()) for part in scales)
    value: list[Array] = []
    uncertainty: list[Array] = []
    for k, weights in enumerate(network.weights):
        found, doubt = measure(network, at, formulas, _directions(at, k))
        # A dead layer has no scale of its own; there the network's decides.
        largest = max(float(scales[2 * k].max()), float(scales[2 * k + 1].max())) or widest
        found[doubt > CONCLUSIVE * largest] = np.nan
        doubt[np.isnan(found)] = np.inf
        value += _split(found, weights.shape)
        uncertainty += _split(doubt, weights.shape)
    return Differences(value, uncertainty)


def _directions(at: Pass, k: int) -> _Layer:
    """One direction for each weight, and one for the bias, of each row: (in + 1) a row."""
    inputs = np.vstack([at.h[k], np.ones_like(at.h[k][:1])])
    rows = at.f[k].shape[0]
    return _Layer(k, np.repeat(np.arange(rows), len(inputs)), np.tile(inputs, (rows, 1)))


def _split(flat: Array, shape: tuple[int, ...]) -> list[Array]:
    table = flat.reshape(shape[0], shape[1] + 1)
    return [table[:, :-1].copy(), table[:, -1:].copy()]


def _unit_steps(layer: _Layer) -> Array:
    """For each direction the power of two that moves the preactivation by at most one."""
    largest = np.abs(layer.slopes).max(axis=1)
    return np.asarray(2.0 ** -np.ceil(np.log2(np.maximum(largest, 1.0))))


def _evaluate(
    network: Network, at: Pass, formulas: Formulas, layer: _Layer, steps: Array
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Loss and size of its terms (P,), and signs of hidden units (units x P x columns), each direction moved."""
    count, columns = layer.slopes.shape
    f = np.repeat(at.f[layer.k][:, None, :], count, axis=1)
    f[layer.rows, np.arange(count)] += steps[:, None] * layer.slopes
    signs = []
    for k in range(layer.k, network.depth):
        signs.append(f > 0)
        h = activate(f, formulas).reshape(len(f), count * columns)
        f = (network.biases[k + 1] + network.weights[k + 1] @ h).reshape(-1, count, columns)
    y = network.y[:, None, :]
    loss = losses(f, y, formulas.loss).sum(axis=-1)
    terms = loss_terms(f, y, formulas.loss).sum(axis=-1)
    return loss, terms, np.concatenate(signs) if signs else np.zeros((0, count, columns), dtype=bool)


def _central(
    network: Network, at: Pass, formulas: Formulas, layer: _Layer, steps: Array
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Difference, round-off and whether a kink lies between the two ends (the ends suffice), for each direction."""
    above, terms_above, signs_above = _evaluate(network, at, formulas, layer, steps)
    below, terms_below, signs_below = _evaluate(network, at, formulas, layer, -steps)
    crossed = (signs_above != signs_below).any(axis=(0, 2))
    rounding = ROUNDING * (terms_above + terms_below) / steps
    return (above - below) / (2.0 * steps), rounding, crossed & formulas.activation.kinked


def _exact(network: Network, at: Pass, formulas: Formulas, layer: _Layer) -> tuple[Array, Array]:
    """The largest step that crosses no kink; NaN where even the smallest does."""
    unit = _unit_steps(layer)
    value = np.full(len(unit), np.nan)
    doubt = np.full(len(unit), np.inf)
    left = np.ones(len(unit), dtype=bool)
    for step in EXACT_STEPS:
        found, rounding, crossed = _central(network, at, formulas, layer.take(left), step * unit[left])
        settled = np.flatnonzero(left)[~crossed]
        value[settled], doubt[settled] = found[~crossed], rounding[~crossed]
        left[settled] = False
        if not left.any():
            break
    return value, doubt


def _curved(network: Network, at: Pass, formulas: Formulas, layer: _Layer) -> tuple[Array, Array]:
    """The more certain of two levels, each the later of two Richardson extrapolations."""
    unit = _unit_steps(layer)
    value = np.full(len(unit), np.nan)
    doubt = np.full(len(unit), np.inf)
    for step in CURVED_STEPS:
        wide, _, crossed = _central(network, at, formulas, layer, step * unit)
        half, _, _ = _central(network, at, formulas, layer, step / 2 * unit)
        quarter, rounding, _ = _central(network, at, formulas, layer, step / 4 * unit)
        earlier, later = (4 * half - wide) / 3, (4 * quarter - half) / 3
        # The weights 4/3 and 1/3 enlarge the round-off of the smallest step by less than two.
        found = np.abs(later - earlier) + 2 * rounding
        better = ~crossed & (found < doubt)
        value[better], doubt[better] = later[better], found[better]
    return value, doubt
