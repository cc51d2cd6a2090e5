"""A forward pass of the student's own that departs from the network's; the lines of the backward pass may be right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from grader.model.formulas import Activation, Formulas
from grader.oracle.answers import Returned
from grader.oracle.network import Array, Network, Pass, activate, forward
from grader.oracle.reference import activation_derivative, loss_derivative
from grader.subjects.networks.diagnosis.bug import Bug, Where
from grader.subjects.networks.diagnosis.case import EVIDENCE, Case, near
from grader.subjects.networks.diagnosis.fit import Fit
from grader.subjects.networks.diagnosis.work import NetworkView


@dataclass(frozen=True, slots=True)
class OwnPass:
    """A forward pass that departs from the network's, in words that follow "a forward pass of its own"."""

    words: str
    at: Pass
    formulas: Formulas


@dataclass(frozen=True, slots=True)
class OwnParts:
    """The parts of a forward pass that a backward pass takes from one of its own."""

    activations: bool
    slopes: bool
    output: bool

    @property
    def words(self) -> str:
        """The words after "it"."""
        if self.activations and self.slopes and self.output:
            return "goes by a forward pass of its own"
        taken = {
            "the activations": self.activations,
            "the activation's derivatives": self.slopes,
            "the output": self.output,
        }
        return f"takes {' and '.join(name for name, own in taken.items() if own)} from a forward pass of its own"


#: Every choice of parts, the most of them first.
_PARTS = [OwnParts(*chosen) for chosen in product((True, False), repeat=3) if any(chosen)]


def list_passes(network: Network, formulas: Formulas) -> Iterator[OwnPass]:
    """Forward passes with one slip each."""
    zeros = tuple(np.zeros_like(b) for b in network.biases)
    changed = {
        "without the biases": replace(network, biases=zeros),
        "without all_biases[0]": replace(network, biases=(zeros[0], *network.biases[1:])),
        "without all_biases[K]": replace(network, biases=(*network.biases[:-1], zeros[-1])),
        "with the activation function at the input, too": replace(
            network, net_input=activate(network.net_input, formulas)
        ),
        "from an input without its decimals": replace(network, net_input=np.trunc(network.net_input)),
    }
    for words, other in changed.items():
        yield OwnPass(words, forward(other, formulas), formulas)
    for activation in (Activation.RELU, Activation.TANH, Activation.SIGMOID):
        if activation is not formulas.activation:
            other_formulas = replace(formulas, activation=activation)
            words = f"with {_NAMES[activation]} as the activation function"
            yield OwnPass(words, forward(network, other_formulas), other_formulas)
    yield OwnPass("in half precision", _forward_in_half(network, formulas), formulas)


_NAMES = {Activation.RELU: "ReLU", Activation.TANH: "tanh", Activation.SIGMOID: "the logistic sigmoid"}


def _forward_in_half(network: Network, formulas: Formulas) -> Pass:
    half = [np.asarray(part, dtype=np.float16) for part in (*network.weights, *network.biases, network.net_input)]
    count = len(network.weights)
    f: list[Array] = []
    h = [half[-1]]
    for weights, biases in zip(half[:count], half[count:-1], strict=True):
        f.append(weights @ h[-1] + biases)
        h.append(np.asarray(activate(f[-1], formulas), dtype=np.float16))
    single = [[np.asarray(array, dtype=np.float64) for array in arrays] for arrays in (f, h[:-1])]
    return Pass(tuple(single[0]), tuple(single[1]))


def own_pass(case: Case) -> list[Fit]:
    """The fits of right lines on a forward pass with a slip, from which some or all parts are taken."""
    wrong = [i for i in case.returned if i in case.wrong]
    if len(case.returned) < len(case.answers) or case.numbers < EVIDENCE or case.nearly_right:
        return []
    deepest = max(wrong, key=lambda i: (min(len(case.suite.sizes[i]), 4), max(case.suite.sizes[i])))
    possible = [
        (own.words, parts) for own, parts in _list_choices(case, deepest) if _answers(case, deepest, own, parts)
    ]
    kept = [choice for choice in possible if all(_fits(case, i, *choice) for i in range(len(case.answers)))]
    return [Fit((_bug(words, parts, _changes_slopes(words, parts)),), complete=True) for words, parts in kept]


def _list_choices(case: Case, i: int) -> Iterator[tuple[OwnPass, OwnParts]]:
    view = case.predictions.views[i]
    for own in list_passes(view.network, view.formulas):
        for parts in _PARTS:
            yield own, parts


def _fits(case: Case, i: int, words: str, parts: OwnParts) -> bool:
    view = case.predictions.views[i]
    return any(own.words == words and _answers(case, i, own, parts) for own in list_passes(view.network, view.formulas))


def _answers(case: Case, i: int, own: OwnPass, parts: OwnParts) -> bool:
    """True if right lines on these parts of the pass answer network `i` as the submission did."""
    given = case.answers[i]
    mine = slice(case.suite.starts[i], case.suite.starts[i + 1])
    made = np.concatenate([part.ravel() for part in _backward(case.predictions.views[i], own, parts)])
    return isinstance(given, Returned) and near(made, given.numbers, case.floor[mine])


def _backward(view: NetworkView, own: OwnPass, parts: OwnParts) -> Sequence[Array]:
    """dW[0], db[0], dW[1] and so on, from these parts of the pass and the network's own others."""
    h = own.at.h if parts.activations else view.h
    output = own.at.f[-1] if parts.output else view.f[-1]
    delta = loss_derivative(output, view.network.y, view.formulas)
    gradients: list[Array] = []
    for k in range(len(view.f) - 1, -1, -1):
        gradients[:0] = [delta @ h[k].T, delta.sum(axis=1, keepdims=True)]
        if k > 0:
            slope = activation_derivative(own.at.f[k - 1], own.formulas) if parts.slopes else view.slopes[k - 1]
            delta = slope * (view.network.weights[k].T @ delta)
    return gradients


def _changes_slopes(words: str, parts: OwnParts) -> bool:
    return parts.slopes and words.endswith("as the activation function")


def _bug(words: str, parts: OwnParts, slopes: bool) -> Bug:  # noqa: FBT001 - one of its properties
    return Bug(
        "own_forward_pass",
        f"{parts.words} {words}",
        Where.WHOLE,
        (),
        "Does your function compute a forward pass of its own? Compare it with all_f and all_h, layer by layer.",
        f"It computes its forward pass {words}; all_f and all_h, which are handed over, are the network's.",
        fails=("relu_derivative",) if slopes else (),
    )
