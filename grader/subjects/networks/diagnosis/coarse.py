"""Gradients that are forward differences of the loss with a step so large that they are another number."""

from collections.abc import Iterator

import numpy as np

from grader.model.formulas import Formulas, Loss
from grader.oracle.network import Array, Network, forward, losses
from grader.oracle.suite import matrices
from grader.subjects.networks.diagnosis.bug import Bug, Where
from grader.subjects.networks.diagnosis.case import Case, near
from grader.subjects.networks.diagnosis.fit import Fit

#: Steps that are looked for; with smaller ones the probes for finite differences tell.
_LEAST, _MOST = 1e-4, 1.0


def coarse(case: Case) -> list[Fit]:
    """The fit of a forward difference: all gradients, or the weights' or the biases' alone while the others are right.

    Under least squares the difference of an output's bias is off by the step itself, which is read off there.
    """
    views = case.predictions.views
    if not case.wrong or len(case.returned) < len(case.answers) or views[0].formulas.loss is not Loss.LEAST_SQUARES:
        return []
    step = _step(case)
    if step is None:
        return []
    right, biases = case.suite.derivatives, case.biases
    chosen = {"gradients": np.ones_like(biases), "bias gradients": biases, "weight gradients": ~biases}
    for i in [*case.telling, *range(len(case.answers))]:
        mine = slice(case.suite.starts[i], case.suite.starts[i + 1])
        settled = np.isfinite(case.suite.tolerances[mine])
        made = np.concatenate([part.ravel() for part in _forward(views[i].network, views[i].formulas, step)])
        for what, inside in list(chosen.items()):
            predicted = np.where(inside[mine], made, right[mine])[settled]
            if not near(predicted, case.got[mine][settled], case.floor[mine][settled]):
                del chosen[what]
        if not chosen:
            return []
    return [Fit((_bug(next(iter(chosen)), step),))]


def _step(case: Case) -> float | None:
    """The step that is read off the output's layer; None if it is not the same on all networks."""
    steps = []
    for i, (sizes, columns) in enumerate(zip(case.suite.sizes, case.suite.columns, strict=True)):
        if columns > 1:
            continue
        mine = slice(case.suite.starts[i], case.suite.starts[i + 1])
        off = matrices(sizes, case.got[mine] - case.suite.derivatives[mine])
        bias, weight = off[-1], off[-2]
        h = case.predictions.views[i].h[-1]
        j = int(np.argmax(np.abs(h)))
        # An entry that could not be settled is NaN, and tells nothing.
        own = float(bias[0, 0])
        if abs(own) < _LEAST and h[j, 0]:
            own = float(weight[0, j] / h[j, 0] ** 2)
        if np.isfinite(own):
            steps.append(own)
        if not _LEAST <= abs(own) <= _MOST and np.isfinite(own):
            return None
    step = float(np.median(steps)) if steps else 0.0
    same = steps and np.all(np.abs(np.array(steps) - step) <= _LEAST * abs(step))
    return step if same else None


def _forward(network: Network, formulas: Formulas, step: float) -> Iterator[Array]:
    """Forward differences of every parameter: dW[0], db[0], dW[1] and so on."""
    base = _loss(network, formulas)
    for k in range(network.depth + 1):
        for name in ("weights", "biases"):
            parts = list(getattr(network, name))
            quotients = np.empty_like(parts[k])
            for at in np.ndindex(quotients.shape):
                moved = parts[k].copy()
                moved[at] += step
                group = (*parts[:k], moved, *parts[k + 1 :])
                weights, biases = (group, network.biases) if name == "weights" else (network.weights, group)
                quotients[at] = (_loss(Network(weights, biases, network.net_input, network.y), formulas) - base) / step
            yield quotients


def _loss(network: Network, formulas: Formulas) -> float:
    return float(losses(forward(network, formulas).f[-1], network.y, formulas).sum())


def _bug(what: str, step: float) -> Bug:
    return Bug(
        "coarse_differences",
        f"returns {what} that are forward differences with a step of {step:.3g}",
        Where.WHOLE,
        (),
        "How many forward passes does your function need for one gradient, and how exact is it?",
        f"A difference with a step of {step:.3g} is no derivative: go backwards once, from all_dl_df[K] down, with the"
        " chain rule.",
    )
