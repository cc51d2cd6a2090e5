"""A counterexample's forward pass, for the picture: small networks, in plain Python, since no NumPy runs here."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Matrix = list[list[float]]


@dataclass(frozen=True, slots=True)
class ForwardPass:
    """The values in a network: `f[k]` are the preactivations of layer k, `h[k]` its inputs."""

    f: list[Matrix]
    h: list[Matrix]


def forward(example: Mapping[str, Any], formulas: Mapping[str, Any]) -> ForwardPass | None:
    """Return all preactivations and activations; None if some number of the network is not finite."""
    activation = _activation(str(formulas.get("activation", "relu")), float(formulas.get("slope", 0.1)))
    f: list[Matrix] = []
    h: list[Matrix] = [example["net_input"]]
    try:
        for k, (weights, biases) in enumerate(zip(example["weights"], example["biases"], strict=True)):
            f.append(_affine(weights, biases, h[k]))
            if k < example["depth"]:
                h.append([[activation(value) for value in row] for row in f[k]])
    except (TypeError, OverflowError, IndexError):
        # A number that is not finite came as null.
        return None
    return ForwardPass(f, h)


def _affine(weights: Matrix, biases: Matrix, h: Matrix) -> Matrix:
    columns = range(len(h[0]))
    return [
        [biases[i][min(c, len(biases[i]) - 1)] + _dot(row, [activations[c] for activations in h]) for c in columns]
        for i, row in enumerate(weights)
    ]


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return math.fsum(a * b for a, b in zip(left, right, strict=True))


def _activation(name: str, slope: float) -> Callable[[float], float]:
    known: dict[str, Callable[[float], float]] = {
        "leaky_relu": lambda f: f if f > 0 else slope * f,
        "tanh": math.tanh,
        "sigmoid": lambda f: 0.5 * (1 + math.tanh(f / 2)),
    }
    return known.get(name, lambda f: max(f, 0.0))
