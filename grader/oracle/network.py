"""A network of the assignment: its parameters, its forward pass and its loss.

    h[0] = net_input            (inputs x columns)
    f[k] = b[k] + W[k] @ h[k]   k = 0..K
    h[k+1] = activation(f[k])   k < K
    loss = loss(f[K], y)        summed over outputs; the sum or the mean over columns

The equations are those of chapter 7 of *Understanding Deep Learning* (S. J. D. Prince, 2023).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from grader.model.formulas import Activation, Formulas, Loss, Reduction

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Network:
    """K+1 weight matrices (out x in), K+1 bias columns (out x 1), an input and a target (rows x columns)."""

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    net_input: Array
    y: Array

    @property
    def depth(self) -> int:
        """K, the number of hidden layers."""
        return len(self.weights) - 1

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Inputs, hidden widths, outputs: K+2 numbers."""
        return (self.weights[0].shape[1], *[w.shape[0] for w in self.weights])

    @property
    def columns(self) -> int:
        """The number of inputs that go through at once."""
        return int(self.net_input.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """A forward pass: preactivations f[0..K] and activations h[0..K], h[0] being the input."""

    f: tuple[Array, ...]
    h: tuple[Array, ...]


def activate(f: Array, formulas: Formulas) -> Array:
    """The activation of each entry of `f`."""
    match formulas.activation:
        case Activation.RELU:
            return np.maximum(f, 0.0)
        case Activation.LEAKY_RELU:
            return np.where(f > 0, f, formulas.slope * f)
        case Activation.TANH:
            return np.tanh(f)
        case Activation.SIGMOID:
            return sigmoid(f)


def sigmoid(f: Array) -> Array:
    """1 / (1 + exp(-f)), in the form that neither overflows nor cancels."""
    small = np.exp(-np.abs(f))
    return np.asarray(np.where(f >= 0, 1.0, small) / (1.0 + small))


def softmax(f: Array) -> Array:
    """Softmax over axis 0."""
    exponentials = np.exp(f - f.max(axis=0, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=0, keepdims=True))


def forward(network: Network, formulas: Formulas) -> Pass:
    """Preactivations and activations of every layer."""
    f: list[Array] = []
    h = [network.net_input]
    for k, (weights, biases) in enumerate(zip(network.weights, network.biases, strict=True)):
        f.append(biases + weights @ h[k])
        if k < network.depth:
            h.append(activate(f[k], formulas))
    return Pass(tuple(f), tuple(h))


def share(y: Array, formulas: Formulas) -> float:
    """The factor of a column's loss before all are added up: one, or one over their number."""
    return 1.0 / y.shape[-1] if formulas.reduction is Reduction.MEAN else 1.0


def losses(output: Array, y: Array, formulas: Formulas) -> Array:
    """The loss of each column; `output` (outputs x ... x columns) and `y` broadcast against each other."""
    match formulas.loss:
        case Loss.LEAST_SQUARES:
            loss = ((output - y) ** 2).sum(axis=0)
        case Loss.BINARY_CROSS_ENTROPY:
            # -y log p - (1-y) log(1-p) at the logit: log(1 + exp f) - y f.
            loss = np.sum(np.logaddexp(0.0, output) - y * output, axis=0)
        case Loss.SOFTMAX_CROSS_ENTROPY:
            top = output.max(axis=0, keepdims=True)
            log_partition = top[0] + np.log(np.sum(np.exp(output - top), axis=0))
            loss = log_partition - np.sum(y * output, axis=0)
    return np.asarray(share(y, formulas) * loss)


def loss_terms(output: Array, y: Array, formulas: Formulas) -> Array:
    """For each column the size of the terms that `losses` adds up: what its rounding is proportional to."""
    match formulas.loss:
        case Loss.LEAST_SQUARES:
            size = (np.abs(output - y) * (np.abs(output) + np.abs(y))).sum(axis=0)
        case Loss.BINARY_CROSS_ENTROPY:
            size = np.sum(np.logaddexp(0.0, output) + y * np.abs(output), axis=0)
        case Loss.SOFTMAX_CROSS_ENTROPY:
            size = np.abs(output).max(axis=0) + np.log(len(output)) + np.sum(y * np.abs(output), axis=0)
    return np.asarray(share(y, formulas) * size)


def network_of(parameters: Sequence[Array], net_input: Array, y: Array) -> Network:
    """A network from W[0], b[0], W[1], b[1], ..."""
    return Network(tuple(parameters[0::2]), tuple(parameters[1::2]), net_input, y)
