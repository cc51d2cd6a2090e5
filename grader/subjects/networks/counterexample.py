"""A counterexample as it is shown: the network, what should have come, what came, and the first entry that differs."""

from collections.abc import Sequence

import numpy as np

from grader.judge.agreement import wrong_entries
from grader.model.verdict import Counterexample, Gradient, GradientMask
from grader.oracle.answers import Answer, Malformed, Raised, Returned
from grader.oracle.cases import Booleans
from grader.oracle.network import Array, forward
from grader.oracle.suite import Suite, matrices
from grader.subjects.networks import wording
from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.script import script


def counterexample(suite: Suite, i: int, answer: Answer | None, assignment: Assignment) -> Counterexample:
    """Network `i` of a measured suite beside the answer to it; None if the candidate ended instead."""
    network = suite.networks[i]
    truth = matrices(network.sizes, suite.derivatives[suite.starts[i] : suite.starts[i + 1]])
    passed = forward(network, assignment.formulas)
    wrong = _wrong(suite, i, answer)
    parameter, layer, index = _first_wrong(wrong)
    return Counterexample(
        depth=network.depth,
        widths=list(network.sizes[1:-1]),
        weights=[_rows(part) for part in network.weights],
        biases=[_rows(part) for part in network.biases],
        net_input=_rows(network.net_input),
        y=_rows(network.y),
        expected=_gradient(truth),
        actual=_gradient(matrices(network.sizes, answer.numbers)) if isinstance(answer, Returned) else None,
        instead=_instead(answer),
        parameter=parameter,
        layer=layer,
        index=index,
        script=script(network, assignment, ended=answer is None),
        wrong_entries=None if wrong is None else GradientMask(*([part.tolist() for part in parts] for parts in wrong)),
        preactivations=[_rows(part) for part in passed.f],
        activations=[_rows(part) for part in passed.h],
    )


def _gradient(parts: Sequence[Array]) -> Gradient:
    return Gradient([_rows(part) for part in parts[0::2]], [_rows(part) for part in parts[1::2]])


def _rows(part: Array) -> list[list[float]]:
    """Nested lists of numbers that JSON can hold: NaN and infinities become None, which the reader shows as such."""
    shown = part.astype(object)
    shown[~np.isfinite(part)] = None
    rows: list[list[float]] = shown.tolist()
    return rows


def _instead(answer: Answer | None) -> str | None:
    match answer:
        case Returned():
            return None
        case Malformed():
            return wording.describe_fault(answer)
        case Raised(type=name, message=message):
            return f"raised {name}: {message}" if message else f"raised {name}"
        case None:
            return "ended without an answer"


def _wrong(suite: Suite, i: int, answer: Answer | None) -> tuple[list[Booleans], list[Booleans]] | None:
    """For each entry of the weights and of the biases, layer by layer, whether it is wrong; None without arrays."""
    if not isinstance(answer, Returned):
        return None
    marks = [part > 0 for part in matrices(suite.sizes[i], wrong_entries(suite, i, answer).astype(np.float64))]
    return marks[0::2], marks[1::2]


def _first_wrong(
    wrong: tuple[list[Booleans], list[Booleans]] | None,
) -> tuple[str | None, int | None, list[int] | None]:
    """Backpropagation runs from the output: the first wrong entry is looked for from there, biases before weights."""
    weights, biases = wrong or ([], [])
    for k in reversed(range(len(weights))):
        for name, part in (("biases", biases[k]), ("weights", weights[k])):
            if part.any():
                return name, k, [int(axis) for axis in np.argwhere(part)[0]]
    return None, None, None
