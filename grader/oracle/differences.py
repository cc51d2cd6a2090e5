"""Central differences of every parameter, with their own uncertainty, and none where a kink is too near.

Along one weight or bias a network with piecewise linear activations is piecewise linear, so under least squares the
loss is piecewise quadratic and a central difference that crosses no kink has no truncation error at any step: the
step is large. Everywhere else the loss is curved, and two Richardson extrapolations of three steps say by their
disagreement how far they can be trusted (L. F. Richardson, 1911).

All perturbations of all layers go through the network as the columns of one matrix, both ends of each side by side;
those of a layer join where it begins.
"""

from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from grader.model import Formulas, Loss
from grader.oracle.network import Array, Network, Pass, activate, forward, loss_terms, losses
from grader.oracle.tolerance import CONCLUSIVE, scale

#: Changes of a preactivation, tried from the largest: powers of two, so that a step is exact. Larger ones than the
#: first gain nothing (its round-off is 1e-3 of the tolerance at most) and cross a kink in two networks of three.
EXACT_STEPS = tuple(2.0**-e for e in (6, 9, 12, 15, 18))

#: Largest of three halved steps where the loss is curved; the more certain of the levels counts.
CURVED_STEPS = (2.0**-6, 2.0**-9, 2.0**-12)

#: Rounding of a loss, relative to the terms that it adds up: forward pass and sum.
ROUNDING = 8 * float(np.finfo(np.float64).eps)

#: Numbers that one evaluation holds at a time, 16 MiB of them; larger networks take several.
ROOM = 1 << 21


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """dW[0], db[0], dW[1], db[1], ...: `value` is NaN where a coordinate is inconclusive; `uncertainty` is absolute."""

    value: list[Array]
    uncertainty: list[Array]


@dataclass(frozen=True, slots=True, eq=False)
class _Directions:
    """P parameters, layer by layer: each moves one unit's preactivation by its slopes (P x columns) for each step."""

    #: The unit, counted through all layers.
    units: NDArray[np.intp]
    slopes: Array

    def take(self, which: NDArray[np.bool_] | NDArray[np.intp] | slice) -> "_Directions":
        return _Directions(self.units[which], self.slopes[which])


def differences(network: Network, formulas: Formulas, given: Pass | None = None) -> Differences:
    """Every partial derivative of the loss by central differences."""
    at = given or forward(network, formulas)
    exact = formulas.loss is Loss.LEAST_SQUARES and (formulas.activation.kinked or network.depth == 0)
    measure = _exact if exact else _curved
    found, doubt = measure(network, at, formulas, _directions(at))
    _leave_out(network, formulas, at, found, doubt)
    return Differences(_split(found, network), _split(doubt, network))


def _directions(at: Pass) -> _Directions:
    """One direction for each weight, and one for the bias, of each unit: (in + 1) a unit."""
    one = np.ones_like(at.h[0][:1])
    rows = [len(f) for f in at.f]
    inputs = [len(h) + 1 for h in at.h]
    units = np.arange(sum(rows)).repeat([n for n, count in zip(inputs, rows, strict=True) for _ in range(count)])
    slopes = np.concatenate([part for h, count in zip(at.h, rows, strict=True) for part in (h, one) * count])
    return _Directions(units, slopes)


def _split(flat: Array, network: Network) -> list[Array]:
    """Weights and biases of each layer as views, from the order of `_directions`."""
    parts = []
    start = 0
    for weights in network.weights:
        rows, columns = weights.shape
        table = flat[start : start + rows * (columns + 1)].reshape(rows, columns + 1)
        parts += [table[:, :-1], table[:, -1:]]
        start += table.size
    return parts


def _leave_out(network: Network, formulas: Formulas, at: Pass, found: Array, doubt: Array) -> None:
    """NaN with an infinite uncertainty where that is too large a part of the layer's scale."""
    counts = [(len(h) + 1) * len(f) for h, f in zip(at.h, at.f, strict=True)]
    starts = [0, *accumulate(counts[:-1])]
    # The scale exceeds the derivatives: who is certain against the largest of each layer is so against the scale.
    if float(np.max(doubt)) <= CONCLUSIVE * float(np.min(np.maximum.reduceat(np.abs(found), starts))):
        return
    sizes = np.concatenate([part.ravel() for part in scale(network, formulas, at)])
    largest = np.maximum.reduceat(sizes, starts)
    # A dead layer has no scale of its own; there the network's decides.
    uncertain = doubt > CONCLUSIVE * np.where(largest > 0, largest, largest.max()).repeat(counts)
    found[uncertain], doubt[uncertain] = np.nan, np.inf


def _unit_steps(directions: _Directions) -> Array:
    """For each direction the power of two that moves the preactivation by at most one."""
    largest = np.abs(directions.slopes).max(axis=1)
    return np.asarray(2.0 ** -np.ceil(np.log2(np.maximum(largest, 1.0))))


def _evaluate(
    network: Network, at: Pass, formulas: Formulas, directions: _Directions, steps: Array
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Both ends of each direction (P x 2): loss, size of its terms; and whether a hidden unit's sign differs (P)."""
    count, columns = directions.slopes.shape
    units = [0, *accumulate(len(f) for f in at.f)]
    joined = np.searchsorted(directions.units, units).tolist()
    # Every unit's preactivation: where a direction has not joined yet, or has just joined, what it was.
    f = np.empty((units[-1], count, 2, columns))
    base = np.concatenate(at.f)
    f[:] = base[:, None, None, :]
    moved, moves = base[directions.units], directions.slopes * steps[:, None]
    f[directions.units, np.arange(count), 0] = moved + moves
    f[directions.units, np.arange(count), 1] = moved - moves
    flat = f.reshape(units[-1], -1)
    for k in range(1, network.depth + 1):
        before = slice(joined[k] * 2 * columns)
        h = activate(flat[units[k - 1] : units[k], before], formulas)
        np.add(network.weights[k] @ h, network.biases[k], out=flat[units[k] : units[k + 1], before])
    y = network.y[:, None, None, :]
    loss = losses(f[units[-2] :], y, formulas.loss).sum(axis=-1)
    terms = loss_terms(f[units[-2] :], y, formulas.loss).sum(axis=-1)
    hidden = f[: units[-2]]
    return loss, terms, ((hidden[:, :, 0] > 0) != (hidden[:, :, 1] > 0)).any(axis=0).any(axis=-1)


def _central(
    network: Network, at: Pass, formulas: Formulas, directions: _Directions, steps: Array
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Difference, round-off and whether a kink lies between the two ends (the ends suffice), for each direction."""
    count, columns = directions.slopes.shape
    most = max(1, ROOM // (2 * columns * sum(len(f) for f in at.f)))
    if count > most:
        halves = slice(None, count // 2), slice(count // 2, None)
        parts = [_central(network, at, formulas, directions.take(half), steps[half]) for half in halves]
        first, second = parts
        return tuple(map(np.concatenate, zip(first, second, strict=True)))  # type: ignore[return-value]
    loss, terms, crossed = _evaluate(network, at, formulas, directions, steps)
    rounding = ROUNDING * (terms[:, 0] + terms[:, 1]) / steps
    difference = (loss[:, 0] - loss[:, 1]) / (2.0 * steps)
    return difference, rounding, crossed & formulas.activation.kinked


def _exact(network: Network, at: Pass, formulas: Formulas, directions: _Directions) -> tuple[Array, Array]:
    """The largest step that crosses no kink; an infinite doubt where even the smallest does."""
    unit = _unit_steps(directions)
    value, doubt, crossed = _central(network, at, formulas, directions, EXACT_STEPS[0] * unit)
    left = np.flatnonzero(crossed)
    doubt[left] = np.inf
    for step in EXACT_STEPS[1:]:
        if not left.size:
            break
        found, rounding, crossed = _central(network, at, formulas, directions.take(left), step * unit[left])
        settled = left[~crossed]
        value[settled], doubt[settled] = found[~crossed], rounding[~crossed]
        left = left[crossed]
    return value, doubt


def _curved(network: Network, at: Pass, formulas: Formulas, directions: _Directions) -> tuple[Array, Array]:
    """The more certain of two levels, each the later of two Richardson extrapolations."""
    unit = _unit_steps(directions)
    value = np.full(len(unit), np.nan)
    doubt = np.full(len(unit), np.inf)
    for step in CURVED_STEPS:
        wide, _, crossed = _central(network, at, formulas, directions, step * unit)
        half, _, _ = _central(network, at, formulas, directions, step / 2 * unit)
        quarter, rounding, _ = _central(network, at, formulas, directions, step / 4 * unit)
        earlier, later = (4 * half - wide) / 3, (4 * quarter - half) / 3
        # The weights 4/3 and 1/3 enlarge the round-off of the smallest step by less than two.
        found = np.abs(later - earlier) + 2 * rounding
        better = ~crossed & (found < doubt)
        value[better], doubt[better] = later[better], found[better]
    return value, doubt
