"""Central differences of every parameter, with their own uncertainty, and none if a kink is too near.

To nudge W[k][i, j] by s is to move preactivation i of layer k by s h[j], and to nudge b[k][i] is to move it by s; the
rest of the network cannot tell them apart. So one pair of ends, that preactivation moved by t and by -t, is the
central difference of every parameter of the unit: of the bias at the step t, of W[k][i, j] at the step t / h[j], where
it is h[j] times as large. Each column of a batch is a network by itself, with a move of its own; their losses add up.

Along a preactivation a network with piecewise linear activations is piecewise linear, so under least squares the
loss is piecewise quadratic and a central difference that crosses no kink has no truncation error at any step: the
step is large. Everywhere else the loss is curved, and two Richardson extrapolations of three steps say by their
disagreement how far they can be trusted (L. F. Richardson, 1911).

All moves of all layers go through the network as the columns of one matrix, both ends of each side by side; those of a
layer join where it begins.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from grader.model.formulas import Activation, Formulas, Loss
from grader.oracle.network import Array, Network, Pass, activate, forward, loss_terms, losses
from grader.oracle.tolerance import CONCLUSIVE, scale

#: Moves of a preactivation, tried from the largest: powers of two, so that a move is exact. Larger ones than the
#: first gain nothing (its round-off is 1e-3 of the tolerance at most) and cross a kink in two networks of three.
EXACT_STEPS = 2.0 ** -np.array([6, 9, 12, 15, 18])

#: If a layer's largest preactivation is beyond, its units are moved by 2^-11 to 2^-10 of that at first.
LARGE = 32.0

#: Largest of three halved moves where the loss is curved; the more certain of the levels counts.
CURVED_STEPS = 2.0 ** -np.array([6, 9, 12])

#: Rounding of a loss, relative to the terms that it adds up: forward pass and sum.
ROUNDING = 8 * float(np.finfo(np.float64).eps)

#: The doubt of who knows nothing: beyond every scale; finite, since times an input of zero it is none.
HOPELESS = 1e200

#: Which way a preactivation moves.
ENDS = np.array([[1.0], [-1.0]])

#: Numbers that one evaluation holds at a time, 16 MiB of them; larger networks take several.
ROOM = 1 << 21


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """dW[0], db[0], dW[1], db[1], ...: `value` is NaN if a coordinate is inconclusive; `uncertainty` is absolute."""

    value: list[Array]
    uncertainty: list[Array]


@dataclass(frozen=True, slots=True, eq=False)
class _Base:
    """The base of all moves: a network, its forward pass, and its preactivations as one matrix (units x columns)."""

    network: Network
    formulas: Formulas
    f: Array
    #: The start of each layer, and the end of the last.
    bounds: list[int]

    def take(self, k: int) -> slice:
        """The units of a layer."""
        return slice(self.bounds[k], self.bounds[k + 1])


def differences(network: Network, formulas: Formulas, given: Pass | None = None) -> Differences:
    """Every partial derivative of the loss by central differences."""
    at = given or forward(network, formulas)
    base = _Base(network, formulas, np.concatenate(at.f), [0, *accumulate(map(len, at.f))])
    exact = formulas.loss is Loss.LEAST_SQUARES and (formulas.activation.kinked or network.depth == 0)
    value, uncertainty = [], []
    flat = np.empty((2, sum(weights.size + len(weights) for weights in network.weights)))
    for table in _tables(base, _exact(base) if exact else _difference_curved(base), at, flat):
        value += [table[0, :, :-1], table[0, :, -1:]]
        uncertainty += [table[1, :, :-1], table[1, :, -1:]]
    difference, doubt = flat
    # Also where an input is zero no difference claims more than the loss's rounding over the largest move.
    doubt += 2 * ROUNDING / EXACT_STEPS[0] * loss_terms(at.f[-1], network.y, formulas).sum()
    _leave_out(network, formulas, at, difference, doubt)
    return Differences(value, uncertainty)


def _tables(base: _Base, units: Array, at: Pass, flat: Array) -> Iterator[Array]:
    """In `flat`, layer by layer, 2 x units x (in + 1): difference and doubt of each unit, times its inputs."""
    # A bias is a weight from an input of one.
    ones = np.ones((1, base.network.columns))
    inputs = np.concatenate([part for h in at.h for part in (h, ones)]).T
    inputs = np.array((inputs, np.abs(inputs)))
    start = first = 0
    for k, h in enumerate(at.h):
        own = units[:, base.take(k)]
        last = first + len(h) + 1
        stop = start + own.shape[1] * (last - first)
        table = flat[:, start:stop].reshape(2, own.shape[1], -1)
        np.matmul(own, inputs[:, :, first:last], out=table)
        yield table
        start, first = stop, last


def _leave_out(network: Network, formulas: Formulas, at: Pass, difference: Array, doubt: Array) -> None:
    """Set NaN and an infinite uncertainty if the doubt is too large a part of the layer's scale."""
    counts = [(len(h) + 1) * len(f) for h, f in zip(at.h, at.f, strict=True)]
    starts = [0, *accumulate(counts[:-1])]
    # The scale exceeds the derivatives: who is certain against the largest of each layer is so against the scale.
    if float(np.max(doubt)) <= CONCLUSIVE * float(np.min(np.maximum.reduceat(np.abs(difference), starts))):
        return
    sizes = np.concatenate([part.ravel() for part in scale(network, formulas, at)])
    largest = np.maximum.reduceat(sizes, starts)
    # A dead layer has no scale of its own; there the network's decides.
    uncertain = doubt > CONCLUSIVE * np.where(largest > 0, largest, largest.max()).repeat(counts)
    difference[uncertain], doubt[uncertain] = np.nan, np.inf


def _exact(base: _Base) -> Array:
    """The difference of each unit and column at the largest step that crosses no kink, and its doubt."""
    difference, doubt = both = np.zeros((2, *base.f.shape))
    reach = _reach(base)
    left = np.arange(len(base.f))
    if base.formulas.activation is Activation.RELU:
        # Nothing above sees the move of a unit that is off at both ends: that difference is zero.
        left = left[(base.f > -EXACT_STEPS[0] * reach).any(axis=1) | (left >= base.bounds[-2])]
    for step in EXACT_STEPS:
        values, rounding, crossed = _central(base, left, step * reach[left])
        rounding[crossed] = HOPELESS
        difference[left], doubt[left] = values[:, 0], rounding[:, 0]
        left = left[crossed.any(axis=(1, 2))]
        if not left.size:
            break
        # What begins with larger moves comes down to as small ones, or nearly so.
        reach = np.maximum(reach / 4, 1.0)
    return both


def _reach(base: _Base) -> Array:
    """The number of steps by which each unit is moved (units x 1): one, or a power of two that grows with its layer.

    What rounding does to a difference grows with the preactivations, and so does the distance to the next kink.
    """
    size = np.abs(base.f)
    if size.max() < LARGE:
        return np.ones((len(size), 1))
    largest = np.maximum.reduceat(size.max(axis=1), base.bounds[:-1])
    times: Array = np.exp2(np.maximum(np.frexp(largest / LARGE)[1], 0))
    return times.repeat(np.diff(base.bounds))[:, None]


def _difference_curved(base: _Base) -> Array:
    """The most certain level of each unit and column, the later of two Richardson extrapolations, and its doubt."""
    steps = np.concatenate((CURVED_STEPS, CURVED_STEPS / 2, CURVED_STEPS / 4))
    values, rounding, crossed = _central(
        base, np.arange(len(base.f)), np.broadcast_to(steps, (len(base.f), len(steps)))
    )
    wide, half, quarter = np.split(values, 3, axis=1)
    earlier, later = (4 * half - wide) / 3, (4 * quarter - half) / 3
    levels = len(CURVED_STEPS)
    # The weights 4/3 and 1/3 enlarge the round-off of the smallest step by less than two.
    doubt = np.abs(later - earlier) + 2 * rounding[:, -levels:]
    doubt[crossed[:, :levels]] = HOPELESS
    best = doubt.argmin(axis=1)[:, None]
    return np.array([np.take_along_axis(table, best, axis=1)[:, 0] for table in (later, doubt)])


def _central(base: _Base, units: NDArray[np.intp], steps: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Difference, round-off, and whether a kink lies between the ends (they suffice): units x steps x columns.

    `steps` has a row for each unit.
    """
    most = max(1, ROOM // (2 * steps.shape[1] * base.f.size))
    if len(units) > most:
        parts = [_central(base, units[at : at + most], steps[at : at + most]) for at in range(0, len(units), most)]
        values, rounding, crossed = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return values, rounding, crossed
    f = _move(base, units, steps)
    outputs, y = base.take(base.network.depth), base.network.y[:, None, None, None, :]
    loss, terms = losses(f[outputs], y, base.formulas), loss_terms(f[outputs], y, base.formulas)
    length = steps[:, :, None]
    hidden = slice(outputs.start)
    crossed = ((f[hidden] > 0) != (base.f[hidden] > 0)[:, None, None, None, :]).any(axis=0).any(axis=2)
    difference = (loss[:, :, 0] - loss[:, :, 1]) / (2.0 * length)
    return difference, ROUNDING / length * (terms[:, :, 0] + terms[:, :, 1]), crossed & base.formulas.activation.kinked


def _move(base: _Base, units: NDArray[np.intp], steps: Array) -> Array:
    """Every preactivation when one unit is moved: all units x those moved x steps x both ends x columns."""
    network = base.network
    f = np.empty((len(base.f), len(units), steps.shape[1], 2, network.columns))
    # Below the unit that is moved, and beside it, nothing changes.
    f[:] = base.f[:, None, None, None, :]
    f[units, np.arange(len(units))] += steps[:, :, None, None] * ENDS
    flat = f.reshape(len(f), -1)
    joined = (units.searchsorted(base.bounds) * (flat.shape[1] // len(units))).tolist()
    for k in range(1, network.depth + 1):
        moved = slice(joined[k])
        h = activate(flat[base.take(k - 1), moved], base.formulas)
        np.add(network.weights[k] @ h, network.biases[k], out=flat[base.take(k), moved])
    return f
