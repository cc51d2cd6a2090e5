"""The notebook's own check in plain NumPy: nudge one parameter, run the whole network, take the difference."""

import numpy as np

from grader.oracle.network import Array, Network

#: The notebook's.
DELTA = 1e-6


def loop(network: Network) -> list[Array]:
    """dW[0], db[0], dW[1], ... by forward differences; the loss that was not nudged is computed once only."""
    base = _loss(network, network.weights, network.biases)
    parts = []
    for k in range(network.depth + 1):
        weights = np.zeros_like(network.weights[k])
        for row in range(weights.shape[0]):
            for column in range(weights.shape[1]):
                nudged = [np.array(each) for each in network.weights]
                nudged[k][row, column] += DELTA
                weights[row, column] = (_loss(network, nudged, network.biases) - base) / DELTA
        biases = np.zeros_like(network.biases[k])
        for row in range(biases.shape[0]):
            nudged = [np.array(each) for each in network.biases]
            nudged[k][row] += DELTA
            biases[row] = (_loss(network, network.weights, nudged) - base) / DELTA
        parts += [weights, biases]
    return parts


def _loss(network: Network, weights: tuple[Array, ...] | list[Array], biases: tuple[Array, ...] | list[Array]) -> float:
    all_f, all_h = [], [network.net_input]
    for layer in range(network.depth + 1):
        all_f.append(biases[layer] + np.matmul(weights[layer], all_h[layer]))
        all_h.append(np.maximum(all_f[layer], 0.0))
    return float(np.sum((all_f[-1] - network.y) * (all_f[-1] - network.y)))
