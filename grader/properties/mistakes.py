"""Known-wrong backward passes, on which an assignment's networks are tried: a suite that lets one pass is refused.

Each is a right backward pass with one line replaced, as a function of the network; `applies` says for which
assignments it is a mistake at all.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from grader.model import Assignment, Formulas, Loss
from grader.oracle.network import Array, Network, Pass, forward
from grader.oracle.reference import activation_derivative, loss_derivative
from grader.properties.candidate import Answer, Malformed, Raised, Returned
from grader.suite import Suite, flatten


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a backward pass, as functions of network, pass and layer; the right ones by default."""

    #: dl/df[K]
    output: Callable[[Array, Array, Loss], Array] = loss_derivative
    bias: Callable[[Array, Array | None], Array] = lambda delta, _: delta.sum(axis=1, keepdims=True)
    #: dl/dW[k] from delta, pass and k
    weight: Callable[[Array, Pass, int], Array] = lambda delta, at, k: delta @ at.h[k].T
    #: dl/dh[k] from network, dW[k], delta and k
    activation: Callable[[Network, Array, Array, int], Array] = lambda n, _, delta, k: n.weights[k].T @ delta
    #: what dl/dh[k] is multiplied with, from pass, k and formulas
    derivative: Callable[[Pass, int, Formulas], Array] = lambda at, k, formulas: activation_derivative(
        at.f[k - 1], formulas
    )
    #: what is done to each part at the end, by network, layer and part
    finish: Callable[[Network, int, Array], Array] = lambda _, __, part: part


def always(_: Assignment) -> bool:
    """It is a mistake for every assignment."""
    return True


def deep(depth: int) -> Callable[[Assignment], bool]:
    """Only where networks may be that deep."""
    return lambda assignment: assignment.ranges.depth.most >= depth


def least_squares(assignment: Assignment) -> bool:
    """Only under least squares, where derivatives have no bound."""
    return assignment.formulas.loss is Loss.LEAST_SQUARES


@dataclass(frozen=True, slots=True)
class Mistake:
    """A wrong backward pass with a name that a person recognises."""

    id: str
    title: str
    lines: Lines
    applies: Callable[[Assignment], bool] = field(default=always)


def _scaled(factor: float, when: Callable[[Network, int], bool]) -> Lines:
    return Lines(finish=lambda network, k, part: part * factor if when(network, k) else part)


def _alike(network: Network) -> bool:
    hidden = network.sizes[1:-1]
    return len(set(hidden)) < len(hidden)


MISTAKES = (
    Mistake(
        "missing_factor",
        "leaves out the loss derivative's factor",
        Lines(output=lambda o, y, f: loss_derivative(o, y, f) / 2),
    ),
    Mistake(
        "wrong_sign",
        "has the sign of the loss derivative wrong",
        Lines(output=lambda o, y, f: -loss_derivative(o, y, f)),
    ),
    Mistake("zero_biases", "leaves the bias gradient as zeros", Lines(bias=lambda delta, _: 0 * delta[:, :1])),
    Mistake(
        "bias_from_activation",
        "takes the bias gradient from dl/dh",
        Lines(bias=lambda delta, dh: (delta if dh is None else dh).sum(axis=1, keepdims=True)),
    ),
    Mistake(
        "zero_weights",
        "leaves the weight gradient as zeros",
        Lines(weight=lambda delta, at, k: 0 * delta @ at.h[k].T),
    ),
    Mistake(
        "previous_activation",
        "takes the weight gradient from all_h[layer-1]",
        Lines(weight=lambda delta, at, k: delta @ at.h[max(k - 1, 0)].T),
    ),
    Mistake(
        "preactivation",
        "takes the weight gradient from all_f instead of all_h",
        Lines(weight=lambda delta, at, k: delta @ (at.f[k - 1] if k else at.h[0]).T),
    ),
    Mistake(
        "transposed_weight_gradient",
        "transposes the weight gradient",
        Lines(weight=lambda delta, at, k: (delta @ at.h[k].T).T),
    ),
    Mistake(
        "missing_transpose",
        "does not transpose the weights",
        Lines(activation=lambda n, _, delta, k: n.weights[k] @ delta),
    ),
    Mistake(
        "through_weight_gradient",
        "propagates through dl/dweights instead of the weights",
        Lines(activation=lambda _, dw, delta, __: dw.T @ delta),
    ),
    Mistake(
        "no_propagation", "leaves dl/dh as zeros", Lines(activation=lambda n, _, delta, k: 0 * n.weights[k].T @ delta)
    ),
    Mistake(
        "no_derivative",
        "leaves out the activation's derivative",
        Lines(derivative=lambda at, k, _: np.ones_like(at.f[k - 1])),
    ),
    Mistake(
        "derivative_of_other_layer",
        "takes the activation's derivative at the wrong layer",
        Lines(derivative=lambda at, k, f: activation_derivative(at.f[k], f)),
    ),
    Mistake(
        "derivative_of_activation",
        "takes the derivative on the wrong side of zero",
        Lines(derivative=lambda at, k, f: activation_derivative(-at.f[k - 1], f)),
        lambda assignment: assignment.formulas.activation.kinked,
    ),
    Mistake("deepest_only", "is off in networks of the greatest depth", Lines()),
    Mistake("small_error_below", "is 0.1 % off in the first layer", _scaled(1.001, lambda _, k: k == 0)),
    Mistake("small_error_above", "is 0.1 % off in the last layer", _scaled(1.001, lambda n, k: k == n.depth)),
    Mistake(
        "equal_widths",
        "is off where two hidden layers have the same width",
        _scaled(1.1, lambda n, _: _alike(n)),
        deep(2),
    ),
    Mistake(
        "several_outputs",
        "is off with several outputs",
        _scaled(1.1, lambda n, _: n.sizes[-1] > 1),
        lambda a: a.ranges.outputs.most > 1,
    ),
    Mistake(
        "several_inputs",
        "is off with several inputs",
        _scaled(1.1, lambda n, _: n.sizes[0] > 1),
        lambda a: a.ranges.inputs.most > 1,
    ),
    Mistake(
        "negative_targets",
        "is off for negative targets",
        _scaled(1.1, lambda n, _: bool((n.y < 0).all())),
        least_squares,
    ),
    Mistake("rounded", "rounds to two decimals", Lines(finish=lambda _, __, part: np.round(part, 2))),
    Mistake("clipped", "clips at 10", Lines(finish=lambda _, __, part: np.clip(part, -10, 10)), least_squares),
    Mistake(
        "float16",
        "computes in float16",
        Lines(finish=lambda _, __, part: part.astype(np.float16).astype(np.float64)),
    ),
    Mistake(
        "batch_not_summed",
        "takes the bias gradient of the first column only",
        Lines(bias=lambda delta, _: delta[:, :1]),
        lambda assignment: assignment.ranges.columns.most > 1,
    ),
)


@dataclass(frozen=True, slots=True)
class Known:
    """A backward pass of ours as a candidate, in our own process: nothing of a student's is in it."""

    lines: Lines
    formulas: Formulas

    def answer(self, suite: Suite) -> list[Answer]:
        """One answer for each network."""
        return [self._one(network) for network in suite.networks]

    def _one(self, network: Network) -> Answer:
        try:
            with np.errstate(all="ignore"):
                parts = self._backward(network, forward(network, self.formulas))
        except ValueError as error:
            return Raised("ValueError", str(error))
        expected = [shape for w, b in zip(network.weights, network.biases, strict=True) for shape in (w.shape, b.shape)]
        if [part.shape for part in parts] != expected:
            return Malformed("shape", "a part has the wrong shape")
        return Returned(flatten(parts))

    def _backward(self, network: Network, at: Pass) -> list[Array]:
        lines, parts = self.lines, list[Array]()
        delta = lines.output(at.f[-1], network.y, self.formulas.loss)
        dh: Array | None = None
        for k in range(network.depth, -1, -1):
            d_weights = lines.weight(delta, at, k)
            parts[:0] = [lines.finish(network, k, d_weights), lines.finish(network, k, lines.bias(delta, dh))]
            if k > 0:
                dh = lines.activation(network, d_weights, delta, k)
                delta = lines.derivative(at, k, self.formulas) * dh
        return parts


def of(assignment: Assignment) -> list[Mistake]:
    """Every mistake that is one for this assignment, with an error in the layers of each distance from the output."""
    distances = [
        Mistake(
            f"layer_{below}_below_output",
            f"is 1 % off in the layer {below} below the output",
            _scaled(1.01, lambda network, k, below=below: network.depth - k == below),  # type: ignore[misc]
        )
        for below in range(assignment.ranges.depth.most + 1)
    ]
    return [mistake for mistake in (*MISTAKES, *distances) if mistake.applies(assignment)]


def known(mistake: Mistake, assignment: Assignment) -> Known:
    """The mistake as a candidate for this assignment."""
    if mistake.id == "deepest_only":
        most = assignment.ranges.depth.most
        return Known(_scaled(1.1, lambda network, _: network.depth == most), assignment.formulas)
    return Known(mistake.lines, assignment.formulas)
