"""A forward pass of the student's own that departs from the network's; the lines of the backward pass may be right."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from grader.oracle.answers import Returned
from grader.oracle.network import Array
from grader.oracle.reference import activation_derivative, loss_derivative
from grader.subjects.networks.diagnosis.bug import Bug, Where
from grader.subjects.networks.diagnosis.case import EVIDENCE, Case, near
from grader.subjects.networks.diagnosis.fit import Fit
from grader.subjects.networks.diagnosis.work import NetworkView
from grader.subjects.networks.diagnosis.wrong_passes import OwnPass, list_passes


@dataclass(frozen=True, slots=True)
class OwnParts:
    """The parts of a forward pass that a backward pass takes from one of its own."""

    activations: bool
    slopes: bool
    output: bool

    @property
    def count(self) -> int:
        """The number of parts."""
        return self.activations + self.slopes + self.output

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


#: Every choice of parts, the fewest first. One part alone is a line that takes something else, and a fact about it.
_PARTS = sorted(
    (OwnParts(*chosen) for chosen in product((True, False), repeat=3) if any(chosen)), key=lambda p: p.count
)


def own_pass(case: Case) -> list[Fit]:
    """The fits of right lines on a forward pass with a slip, from which two parts or all are taken."""
    wrong = [i for i in case.returned if i in case.wrong]
    if len(case.returned) < len(case.answers) or case.numbers < EVIDENCE or case.nearly_right:
        return []
    deepest = max(wrong, key=lambda i: (min(len(case.suite.sizes[i]), 4), max(case.suite.sizes[i])))
    fits = []
    for n, own in enumerate(_list_passes(case, deepest)):
        fitting = (parts for parts in _PARTS if _answers(case, deepest, own, parts) and _fits(case, n, parts))
        fewest = next(fitting, None)
        if fewest is not None and fewest.count > 1:
            other = own.formulas != case.predictions.views[deepest].formulas
            fits.append(Fit((_bug(own.words, fewest, slopes=other and fewest.slopes),), complete=True))
    return fits


def _list_passes(case: Case, i: int) -> list[OwnPass]:
    view = case.predictions.views[i]
    return list(list_passes(view.network, view.formulas))


def _fits(case: Case, n: int, parts: OwnParts) -> bool:
    return all(_answers(case, i, _list_passes(case, i)[n], parts) for i in range(len(case.answers)))


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


def _bug(words: str, parts: OwnParts, *, slopes: bool) -> Bug:
    return Bug(
        "own_forward_pass",
        f"{parts.words} {words}",
        Where.WHOLE,
        (),
        "Does your function compute a forward pass of its own? Compare it with all_f and all_h, layer by layer.",
        f"A forward pass {words} gives these numbers; all_f and all_h, which are handed over, are the network's.",
        fails=("relu_derivative",) if slopes else (),
    )
