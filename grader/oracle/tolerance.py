"""The tolerance: the distance that a right answer may have from a finite difference.

`tolerances` decides it: from the assignment's `rtol` and a scale, the size of what rounding comes from. Beside it,
for a single step of the calculation, stands the factor `LOCAL` of `grader/subjects/networks/steps.py`.

A right implementation in floating point errs by a few units of rounding of the *terms* it adds up, not of their sum.
The scale is a running error analysis to first order (N. J. Higham, *Accuracy and Stability of Numerical Algorithms*,
section 3.3): sizes and errors go through the network side by side, both in units of the relative precision, so that an
error grows with the number of layers and not as a power of it.

Forwards, for who computes the activations anew, rounding errors add up like independent ones (by their squares);
backwards by their absolute values.
"""

from collections.abc import Sequence

import numpy as np

from grader.model.formulas import Activation, Formulas, Loss
from grader.oracle.network import Array, Network, Pass, activate, forward, share, sigmoid, softmax
from grader.oracle.reference import activation_derivative, loss_derivative

#: A difference that is uncertain by more than this part of its layer's scale says nothing.
CONCLUSIVE = 1e-4


def tolerances(scales: Sequence[Array], rtol: float, uncertainty: Sequence[Array]) -> list[Array]:
    """The tolerance of each entry: `rtol` times the size of its rounding, and the doubt about the difference itself."""
    return [rtol * size + doubt for size, doubt in zip(scales, uncertainty, strict=True)]


def scale(network: Network, formulas: Formulas, given: Pass | None = None) -> list[Array]:
    """The size of what rounding comes from, for each entry of dW[0], db[0], dW[1], db[1], ..., in their shapes."""
    at = given or forward(network, formulas)
    f_error, h_error = _forward_errors(network, at, formulas)
    size = np.abs(loss_derivative(at.f[-1], network.y, formulas))
    error = loss_size(at.f[-1], network.y, formulas)
    error += share(network.y, formulas) * _loss_error(at.f[-1], f_error[-1], formulas.loss)
    parts: list[Array] = []
    for k in range(network.depth, -1, -1):
        h = np.abs(at.h[k])
        weights = (error + size) @ h.T + size @ h_error[k].T
        parts[:0] = [weights, (error + size).sum(axis=1, keepdims=True)]
        if k > 0:
            above = np.abs(network.weights[k]).T
            slope = np.abs(activation_derivative(at.f[k - 1], formulas))
            bent = above @ size
            error = slope * (above @ (error + size)) + _slope_error(at.f[k - 1], f_error[k - 1], formulas) * bent
            size = slope * bent
    return parts


def _forward_errors(network: Network, at: Pass, formulas: Formulas) -> tuple[list[Array], list[Array]]:
    """Errors of f[0..K] and h[0..K], in units of the precision, when they are computed anew from the parameters."""
    f_error: list[Array] = []
    h_error = [np.abs(network.net_input)]
    for k, (weights, biases) in enumerate(zip(network.weights, network.biases, strict=True)):
        f_error.append(np.sqrt(biases**2 + weights**2 @ (at.h[k] ** 2 + h_error[k] ** 2)))
        if k < network.depth:
            h_error.append(np.abs(activation_derivative(at.f[k], formulas)) * f_error[k])
    return f_error, h_error


def _loss_error(f: Array, f_error: Array, loss: Loss) -> Array:
    """The effect of an error of the output on the loss derivative."""
    match loss:
        case Loss.LEAST_SQUARES:
            return 2.0 * f_error
        case Loss.BINARY_CROSS_ENTROPY:
            return sigmoid(f) * sigmoid(-f) * f_error
        case Loss.SOFTMAX_CROSS_ENTROPY:
            shares = softmax(f)
            return np.asarray(shares * (f_error + (shares * f_error).sum(axis=0, keepdims=True)))


def _slope_error(f: Array, f_error: Array, formulas: Formulas) -> Array:
    """The error of the activation's derivative: its own cancellation, and what an error of `f` does to it."""
    if formulas.activation.kinked:
        return np.zeros_like(f)
    # The second derivative is at most twice the first, for tanh; for the sigmoid at most once.
    return activation_size(f, formulas) + 2.0 * activation_derivative(f, formulas) * f_error


def loss_size(output: Array, y: Array, formulas: Formulas) -> Array:
    """The size of the terms of dl/df[K], (outputs x columns)."""
    match formulas.loss:
        case Loss.LEAST_SQUARES:
            size = 2.0 * (np.abs(output) + np.abs(y))
        case Loss.BINARY_CROSS_ENTROPY:
            size = sigmoid(output) + y
        case Loss.SOFTMAX_CROSS_ENTROPY:
            size = softmax(output) + y
    return share(y, formulas) * size


def activation_size(f: Array, formulas: Formulas) -> Array:
    """The size of the terms of the activation's derivative, in the form in which it is usually computed."""
    match formulas.activation:
        case Activation.RELU:
            return np.where(f >= 0, 1.0, 0.0)
        case Activation.LEAKY_RELU:
            return np.where(f >= 0, 1.0, formulas.slope)
        # The usual forms, 1 - h^2 and h (1 - h), cancel where the unit saturates.
        case Activation.TANH:
            return 1.0 + activate(f, formulas) ** 2
        case Activation.SIGMOID:
            return sigmoid(f) * (1.0 + sigmoid(f))
