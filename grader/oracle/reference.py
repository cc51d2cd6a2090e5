"""The analytic gradient: backpropagation, written once, in float64.

The judge never uses it to accept or reject: finite differences do that. It proposes counterexamples, which finite
differences then confirm, and it is what an assignment's networks are tried on.
"""

import numpy as np

from grader.model.formulas import Activation, Formulas, Loss
from grader.oracle.network import Array, Network, Pass, forward, share, sigmoid, softmax


def loss_derivative(output: Array, y: Array, formulas: Formulas) -> Array:
    """dl/df[K], (outputs x columns)."""
    match formulas.loss:
        case Loss.LEAST_SQUARES:
            derivative = 2.0 * (output - y)
        case Loss.BINARY_CROSS_ENTROPY:
            derivative = sigmoid(output) - y
        case Loss.SOFTMAX_CROSS_ENTROPY:
            derivative = softmax(output) - y
    return share(y, formulas) * derivative


def activation_derivative(f: Array, formulas: Formulas) -> Array:
    """The derivative of the activation at each entry of `f`; at a kink, the one from below."""
    match formulas.activation:
        case Activation.RELU:
            return np.where(f > 0, 1.0, 0.0)
        case Activation.LEAKY_RELU:
            return np.where(f > 0, 1.0, formulas.slope)
        case Activation.TANH:
            # 1 - tanh^2 cancels where the unit saturates; 1 / cosh^2 in this form does not, nor does it overflow.
            small = np.exp(-2.0 * np.abs(f))
            return np.asarray(4.0 * small / (1.0 + small) ** 2)
        case Activation.SIGMOID:
            return np.asarray(sigmoid(f) * sigmoid(-f))


def gradient(network: Network, formulas: Formulas, given: Pass | None = None) -> list[Array]:
    """dW[0], db[0], dW[1], db[1], ... shaped like the parameters; from the activations `given`, if any are."""
    at = given or forward(network, formulas)
    delta = loss_derivative(at.f[-1], network.y, formulas)
    parts: list[Array] = []
    for k in range(network.depth, -1, -1):
        parts[:0] = [delta @ at.h[k].T, delta.sum(axis=1, keepdims=True)]
        if k > 0:
            delta = activation_derivative(at.f[k - 1], formulas) * (network.weights[k].T @ delta)
    return parts
