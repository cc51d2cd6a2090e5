"""Random networks with their exact gradients: what labels the corpus, with no help from Backmark."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

#: Networks a label rests on.
COUNT = 320

#: The slope of leaky_relu below zero.
SLOPE = 0.1

#: No preactivation is nearer to zero than this, so that no label hangs on the derivative at a kink.
KINK = 1e-6

_DEEPEST = 8
_WIDEST = 12


@dataclass(frozen=True, slots=True)
class Network:
    """One network with its forward pass, and the exact gradients of its summed squared loss."""

    weights: list[Matrix]
    biases: list[Matrix]
    f: list[Matrix]
    h: list[Matrix]
    y: Matrix
    dl_dweights: list[Matrix]
    dl_dbiases: list[Matrix]

    @property
    def depth(self) -> int:
        """The number of hidden layers, K."""
        return len(self.weights) - 1

    @property
    def widths(self) -> list[int]:
        """The widths of the hidden layers."""
        return [len(bias) for bias in self.biases[:-1]]


def apply(activation: str, x: Matrix) -> Matrix:
    """Return the activation of x, elementwise."""
    if activation == "tanh":
        return np.tanh(x)
    return np.where(x > 0, x, (SLOPE if activation == "leaky_relu" else 0.0) * x)


def slope(activation: str, x: Matrix) -> Matrix:
    """Return the derivative of the activation at x, elementwise."""
    if activation == "tanh":
        return np.cosh(x) ** -2.0
    return np.where(x > 0, 1.0, SLOPE if activation == "leaky_relu" else 0.0)


def measure(weights: list[Matrix], biases: list[Matrix], x: Matrix, y: Matrix, activation: str) -> Network:
    """Return the network with its forward pass and gradients: dl/df[k-1] = act'(f[k-1]) * W[k].T dl/df[k]."""
    f, h = [], [x]
    for weight, bias in zip(weights, biases, strict=True):
        f.append(weight @ h[-1] + bias)
        h.append(apply(activation, f[-1]))
    h.pop()
    delta = 2.0 * f[-1] - 2.0 * y
    dl_dweights, dl_dbiases = [delta @ h[-1].T], [delta.sum(axis=1, keepdims=True)]
    for weight, below, input_below in zip(weights[:0:-1], f[-2::-1], h[-2::-1], strict=True):
        delta = (delta.T @ weight).T * slope(activation, below)
        dl_dweights.insert(0, delta @ input_below.T)
        dl_dbiases.insert(0, delta.sum(axis=1, keepdims=True))
    return Network(weights, biases, f, h, y, dl_dweights, dl_dbiases)


def _hidden(rng: np.random.Generator, number: int, depth: int) -> list[int]:
    """Return widths: by turns all equal, all different, all one, and any."""
    match number % 4:
        case 0:
            return [int(rng.integers(1, _WIDEST + 1))] * depth
        case 1:
            return [int(width) for width in rng.permutation(np.arange(1, _WIDEST + 1))[:depth]]
        case 2 if number % 8 == 2:
            return [1] * depth
        case _:
            return [int(width) for width in rng.integers(1, _WIDEST + 1, depth)]


def _shape(rng: np.random.Generator, number: int) -> list[int]:
    """Return the widths from input to output: every eighth time the notebook's own, K = 5 and six wide."""
    if number % 8 == 0:
        return [1, 6, 6, 6, 6, 6, 1]
    ends = [int(end) for end in rng.integers(1, 5, 2)]
    return [ends[0], *_hidden(rng, number // 8, number % (_DEEPEST + 1)), ends[1]]


def _draw(rng: np.random.Generator, number: int, activation: str, columns: int) -> Network:
    """Return one network; now and then a layer of it is wholly dead, or every unit of it is active."""
    shape = _shape(rng, number)
    weights = [rng.normal(0.0, 1.5 / np.sqrt(below), (above, below)) for below, above in pairwise(shape)]
    biases = [rng.normal(0.0, 1.0, (above, 1)) for above in shape[1:]]
    if number % 11 == 3:
        shift = -20.0 if number % 2 else 20.0
        biases[len(biases) // 2] += shift
    size = (0.1, 1.0, 1.0, 5.0)[number % 4]
    x = rng.normal(0.0, size, (shape[0], columns))
    y = rng.normal(0.0, 3.0, (shape[-1], columns))
    return measure(weights, biases, x, y, activation)


@lru_cache
def networks(activation: str = "relu", columns: int = 1) -> tuple[Network, ...]:
    """Return the same random networks each time: depth 0 to 8, 1 to 12 wide, 1 to 4 inputs and outputs."""
    rng = np.random.default_rng(72)
    networks_kept: list[Network] = []
    while len(networks_kept) < COUNT:
        network = _draw(rng, len(networks_kept), activation, columns)
        if min(float(np.abs(f).min()) for f in network.f) > KINK:
            networks_kept.append(network)
    return tuple(networks_kept)
