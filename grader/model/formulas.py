"""The formulas of layered networks: those with which an assignment names what is differentiated."""

from dataclasses import dataclass
from enum import StrEnum


class Activation(StrEnum):
    """The function that follows each hidden preactivation."""

    RELU = "relu"
    LEAKY_RELU = "leaky_relu"
    TANH = "tanh"
    SIGMOID = "sigmoid"

    @property
    def kinked(self) -> bool:
        """True if it is piecewise linear, with a kink at zero."""
        return self in {Activation.RELU, Activation.LEAKY_RELU}


class Loss(StrEnum):
    """The function that is differentiated, summed over the outputs."""

    LEAST_SQUARES = "least_squares"
    BINARY_CROSS_ENTROPY = "binary_cross_entropy"
    SOFTMAX_CROSS_ENTROPY = "softmax_cross_entropy"


class Reduction(StrEnum):
    """The way from the losses of a batch's columns to one number."""

    SUM = "sum"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Formulas:
    """The activation and the loss of an assignment; `slope` is leaky_relu's below zero."""

    activation: Activation = Activation.RELU
    loss: Loss = Loss.LEAST_SQUARES
    slope: float = 0.1
    reduction: Reduction = Reduction.SUM
