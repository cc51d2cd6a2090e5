"""How far from a finite difference a right answer may be: the size of what cancels in each entry.

A right implementation in floating point errs by a few units of rounding of the *terms* it adds up, not of their sum.
The scale of an entry is therefore backpropagation with absolute values throughout (the running error analysis of
N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, section 3.3), starting from the terms of the loss
derivative.
"""

import numpy as np

from grader.model import Activation, Formulas, Loss
from grader.oracle.network import Array, Network, Pass, activate, forward, sigmoid, softmax

#: Relative tolerance. Right float32 arithmetic stays within 3e-7 of the scale; float16 and an error of 0.1 % do not.
RTOL = 2e-6

#: A difference that is uncertain by more than this part of its layer's scale says nothing.
CONCLUSIVE = 1e-4


def scale(network: Network, formulas: Formulas, given: Pass | None = None) -> list[Array]:
    """The size of what cancels in each entry of dW[0], db[0], dW[1], db[1], ..., shaped like the parameters."""
    at = given or forward(network, formulas)
    size = loss_size(at.f[-1], network.y, formulas.loss)
    parts: list[Array] = []
    for k in range(network.depth, -1, -1):
        parts[:0] = [size @ np.abs(at.h[k]).T, size.sum(axis=1, keepdims=True)]
        if k > 0:
            size = activation_size(at.f[k - 1], formulas) * (np.abs(network.weights[k]).T @ size)
    return parts


def loss_size(output: Array, y: Array, loss: Loss) -> Array:
    """The size of the terms of dl/df[K], (outputs x columns)."""
    match loss:
        case Loss.LEAST_SQUARES:
            return 2.0 * (np.abs(output) + np.abs(y))
        case Loss.BINARY_CROSS_ENTROPY:
            return sigmoid(output) + y
        case Loss.SOFTMAX_CROSS_ENTROPY:
            return softmax(output) + y


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
