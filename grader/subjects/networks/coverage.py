"""The quantities of a network, by which networks are chosen for coverage: sizes, signs, dead units, magnitudes."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from grader.model.formulas import Formulas
from grader.oracle.network import Array, Network, forward
from grader.oracle.reference import gradient
from grader.oracle.suite import count


def describe(network: Network, formulas: Formulas) -> list[float]:
    """The quantities of a network; the leading ones first."""
    at = forward(network, formulas)
    derivatives = gradient(network, formulas, at)
    return [*_sizes(network), *_signs(network, at.f), *_active(at.f[:-1]), *_magnitudes(network, at.f, derivatives)]


def _at(values: Sequence[int], place: int) -> int:
    """The value at a place counted from either end; -99 if there is none."""
    return values[place] if -len(values) <= place < len(values) else -99


def _sizes(network: Network) -> list[float]:
    sizes = network.sizes
    hidden = sizes[1:-1]
    widths = hidden or (0,)
    steps = {int(np.sign(b - a)) for a, b in pairwise(hidden)}
    equal = [k for k, (a, b) in enumerate(pairwise(sizes)) if a == b]
    return [
        network.depth,
        sizes[0],
        sizes[-1],
        widths[0],
        widths[-1],
        max(widths),
        min(widths),
        network.columns,
        sum(hidden),
        *(_at(hidden, place) for place in (1, 2, -2, -3)),
        *(_at([a * b for a, b in pairwise(sizes)], place) for place in (0, 1, -1, -2)),
        *(_at([b - a for a, b in pairwise(sizes)], place) for place in (0, 1, -1, -2)),
        count(sizes),
        len(hidden) - len(set(hidden)),
        len(equal),
        equal[0] if equal else -1,
        network.depth - equal[-1] if equal else -1,
        -1 if len(steps) != 1 else steps.pop() + 1,
        int(np.argmax(widths)),
        int(np.argmin(widths)),
        sum(sizes) % 2,
        4 * (sizes[0] == widths[0]) + 2 * (sizes[-1] == widths[-1]) + (sizes[0] == sizes[-1]),
    ]


def _signs(network: Network, f: Sequence[Array]) -> list[float]:
    x, y = network.net_input, network.y
    return [
        *(int((part < 0).sum()) for part in (x, y, f[-1], f[-1] - y)),
        *(int((part > 0).sum()) for part in (x, y, f[-1], f[-1] - y)),
        *(max(int((part < 0).sum()) for part in parts) for parts in (network.biases, f)),
        *(max(int((part > 0).sum()) for part in parts) for parts in (network.biases, f)),
        *(float(np.mean(part > 0)) for part in (network.weights[0], network.weights[-1])),
        sum(bool((part < 0).all()) for part in network.biases),
        sum(bool((part > 0).all()) for part in network.biases),
        float(network.weights[0][0, 0] > 0) + 2 * float(network.weights[-1][-1, -1] > 0),
        float(network.biases[0][0, 0] > 0) + 2 * float(network.biases[-1][-1, 0] > 0),
    ]


def _active(hidden: Sequence[Array]) -> list[float]:
    on = [(f > 0).any(axis=1) for f in hidden]
    if not on:
        return [-1.0] * 17
    counts = [int(layer.sum()) for layer in on]
    dead = [len(layer) - n for layer, n in zip(on, counts, strict=True)]
    return [
        sum(dead),
        sum(counts) / sum(map(len, on)),
        sum(n == 0 for n in counts),
        sum(n == 0 for n in dead),
        sum(n == 1 for n in counts),
        *(_at(dead, place) for place in (0, 1, -1, -2)),
        *(_at(counts, place) for place in (0, 1, -1, -2)),
        min(counts),
        max(dead),
        2 * on[0][0] + on[0][-1],
        2 * on[-1][0] + on[-1][-1],
    ]


def _magnitudes(network: Network, f: Sequence[Array], derivatives: Sequence[Array]) -> list[float]:
    weights = np.abs(np.concatenate([part.ravel() for part in network.weights]))
    biases = np.abs(np.concatenate([part.ravel() for part in network.biases]))
    hidden = np.abs(np.concatenate([part.ravel() for part in f[:-1]])) if len(f) > 1 else np.zeros(1)
    x, y, output = np.abs(network.net_input), np.abs(network.y), np.abs(f[-1])
    error = np.abs(f[-1] - network.y)
    slopes = [float(np.abs(part).max()) for part in derivatives]
    small = np.abs(np.concatenate([part.ravel() for part in derivatives]))
    return [
        *(float(np.max(part)) for part in (weights, biases, hidden, x, y, output, error)),
        *(float(np.min(part)) for part in (weights, biases, hidden, x, y, output, error)),
        float((error**2).sum()),
        max(slopes[::2]),
        max(slopes[1::2]),
        slopes[0],
        float(small[small > 0].min(initial=np.inf)),
        float(np.abs(network.weights[0]).max()),
        float(np.abs(network.weights[-1]).max()),
    ]
