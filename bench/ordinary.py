"""Ordinary networks of notebook 7.2: every size of a range as likely as any other, every value normal."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from bench.network_facts import Array, ReluNetwork

#: Hidden layers, units of a layer, inputs and outputs at most, as the shipped assignment has them.
DEPTH, WIDTH, ENDS = 8, 12, 4

#: A bias is drawn again, so many times at most, while its unit is closer to its kink than this part of its layer's
#: largest preactivation.
MARGIN, REDRAWS = 1e-3, 50


def draw_ordinary(seed: int) -> Iterator[ReluNetwork]:
    """Yield networks with no unit near its kink without end, the same for the same seed."""
    rng = np.random.default_rng(seed)
    while True:
        widths = [int(rng.integers(1, WIDTH + 1)) for _ in range(rng.integers(DEPTH + 1))]
        inputs, outputs = (int(rng.integers(1, ENDS + 1)) for _ in range(2))
        network = _draw_network([inputs, *widths, outputs], rng)
        if not any(_find_close(f).any() for f in network.f[:-1]):
            yield network


def _draw_network(sizes: list[int], rng: np.random.Generator) -> ReluNetwork:
    h = x = rng.standard_normal((sizes[0], 1))
    y = rng.standard_normal((sizes[-1], 1))
    parameters = [(rng.standard_normal((m, n)) / np.sqrt(n), rng.standard_normal((m, 1))) for n, m in pairwise(sizes)]
    for weight, bias in parameters[:-1]:
        for _ in range(REDRAWS):
            close = _find_close(weight @ h + bias)
            bias[close] = rng.standard_normal(int(close.sum()))
        h = np.maximum(weight @ h + bias, 0)
    weights, biases = zip(*parameters, strict=True)
    return ReluNetwork(weights, biases, x, y)


def _find_close(f: Array) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.asarray(np.abs(f) <= MARGIN * np.max(np.abs(f)))
