"""The notebook's own check in plain NumPy: nudge one parameter, run the whole network, take the difference."""

from collections.abc import Sequence

import numpy as np

from bench.networks import Array, Given

#: The notebook's.
DELTA = 1e-6


def loop(network: Given, *, frugal: bool) -> list[Array]:
    """dW[0], db[0], dW[1], ... by forward differences.

    The notebook runs the network that was not nudged again for every entry; `frugal` does that once.
    """
    base = _loss(network, network.weights, network.biases) if frugal else None
    parts = []
    for k in range(len(network.weights)):
        weights = np.zeros_like(network.weights[k])
        for row in range(weights.shape[0]):
            for column in range(weights.shape[1]):
                nudged = [np.array(each) for each in network.weights]
                nudged[k][row, column] += DELTA
                weights[row, column] = _difference(network, nudged, network.biases, base)
        biases = np.zeros_like(network.biases[k])
        for row in range(biases.shape[0]):
            nudged = [np.array(each) for each in network.biases]
            nudged[k][row] += DELTA
            biases[row] = _difference(network, network.weights, nudged, base)
        parts += [weights, biases]
    return parts


def _difference(network: Given, weights: Sequence[Array], biases: Sequence[Array], base: float | None) -> float:
    before = _loss(network, network.weights, network.biases) if base is None else base
    return (_loss(network, weights, biases) - before) / DELTA


def _loss(network: Given, weights: Sequence[Array], biases: Sequence[Array]) -> float:
    all_f, all_h = [], [network.net_input]
    for layer in range(len(weights)):
        all_f.append(biases[layer] + np.matmul(weights[layer], all_h[layer]))
        all_h.append(np.maximum(all_f[layer], 0.0))
    return float(np.sum((all_f[-1] - network.y) * (all_f[-1] - network.y)))
