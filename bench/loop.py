"""The notebook's own check in plain NumPy: nudge one parameter, run the whole network, take the difference."""

from collections.abc import Sequence

import numpy as np

from bench.networks import Array, GradientProblem

#: The notebook's step.
DELTA = 1e-6


def differentiate(problem: GradientProblem, *, frugal: bool) -> list[Array]:
    """Return dW[0], db[0], dW[1], ... by forward differences.

    The notebook runs the unchanged network again for every entry; with `frugal` it runs once.
    """
    base = compute_loss(problem, problem.weights, problem.biases) if frugal else None
    parts = []
    for k in range(len(problem.weights)):
        weights = np.zeros_like(problem.weights[k])
        for row in range(weights.shape[0]):
            for column in range(weights.shape[1]):
                trial = [np.array(matrix) for matrix in problem.weights]
                trial[k][row, column] += DELTA
                weights[row, column] = _difference(problem, trial, problem.biases, base)
        biases = np.zeros_like(problem.biases[k])
        for row in range(biases.shape[0]):
            trial = [np.array(vector) for vector in problem.biases]
            trial[k][row] += DELTA
            biases[row] = _difference(problem, problem.weights, trial, base)
        parts += [weights, biases]
    return parts


def _difference(
    problem: GradientProblem, weights: Sequence[Array], biases: Sequence[Array], base: float | None
) -> float:
    before = compute_loss(problem, problem.weights, problem.biases) if base is None else base
    return (compute_loss(problem, weights, biases) - before) / DELTA


def compute_loss(problem: GradientProblem, weights: Sequence[Array], biases: Sequence[Array]) -> float:
    """Return the notebook's loss of the network with other parameters."""
    all_f, _ = forward(problem.net_input, weights, biases)
    return float(np.sum((all_f[-1] - problem.y) * (all_f[-1] - problem.y)))


def forward(net_input: Array, weights: Sequence[Array], biases: Sequence[Array]) -> tuple[list[Array], list[Array]]:
    """Return the preactivations, and the activations: the input first, those of the last layer too."""
    all_f: list[Array] = []
    all_h = [net_input]
    for layer in range(len(weights)):
        all_f.append(biases[layer] + np.matmul(weights[layer], all_h[layer]))
        all_h.append(np.maximum(all_f[layer], 0.0))
    return all_f, all_h
