"""A forward pass of the student's own that starts from one input in every network, such as a global of the notebook."""

import numpy as np

from grader.oracle.answers import Raised, Returned
from grader.oracle.network import Array, Network
from grader.oracle.suite import matrices
from grader.subjects.networks.diagnosis.bug import Bug, Where
from grader.subjects.networks.diagnosis.case import EVIDENCE, SHAPES, Case, near
from grader.subjects.networks.diagnosis.fit import Fit
from grader.subjects.networks.diagnosis.forms import flat
from grader.subjects.networks.diagnosis.lines import RIGHT, run
from grader.subjects.networks.diagnosis.student_pass import is_close
from grader.subjects.networks.diagnosis.work import views


def other_input(case: Case) -> list[Fit]:
    """The fit of one input, read off the first layer's gradients; other numbers of inputs may have raised."""
    if case.numbers < EVIDENCE:
        return []
    x = _read_input(case)
    if x is None:
        return []
    for i, given in enumerate(case.answers):
        network = case.suite.networks[i]
        if network.weights[0].shape[1] != len(x) or case.suite.columns[i] > 1:
            if not isinstance(given, Raised) or given.type not in SHAPES:
                return []
            continue
        own = Network(network.weights, network.biases, x, network.y)
        made = np.concatenate(flat(run(RIGHT, views([own], case.predictions.views[i].formulas)[0])))
        mine = slice(case.suite.starts[i], case.suite.starts[i + 1])
        if not isinstance(given, Returned) or not near(made, given.numbers, case.floor[mine]):
            return []
    return [Fit((_bug(x),))]


def _read_input(case: Case) -> Array | None:
    """The input that the first layer's gradients of a few networks show, if it is the same in all of them."""
    read: list[Array] = []
    for i in case.returned:
        answer = case.answers[i]
        if i not in case.wrong or case.suite.columns[i] > 1 or not isinstance(answer, Returned):
            continue
        weights, biases = matrices(case.suite.sizes[i], answer.numbers)[:2]
        square = float((biases * biases).sum())
        if not 0 < square < np.inf:
            continue
        x = weights.T @ biases / square
        if not is_close(biases @ x.T, weights) or (read and (len(x) != len(read[0]) or not is_close(x, read[0]))):
            return None
        read.append(x)
        if len(read) == EVIDENCE:
            return read[0]
    return None


def _bug(x: Array) -> Bug:
    shown = f"{x[0, 0]:.4g}" if len(x) == 1 else f"({', '.join(f'{number:.4g}' for number in x[:, 0].tolist())})"
    return Bug(
        "forward_from_other_input",
        f"goes by a forward pass from the input {shown} in every network, whose values are not all_f and all_h",
        Where.WHOLE,
        (),
        "Does your function compute a forward pass of its own? Which input does that start from?",
        "all_h[0] is the network's input: start from it, or use the all_f and all_h that are handed over.",
    )
