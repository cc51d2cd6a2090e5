"""Which answers agree with finite differences, entry by entry."""

from collections.abc import Sequence

import numpy as np

from grader.oracle.answers import Answer, Malformed, Raised, Returned
from grader.oracle.network import Array
from grader.oracle.suite import Suite
from grader.subjects.networks.layers import Booleans


def way(answer: Answer) -> tuple[str, str]:
    """How an answer is wrong, if it is: by number, by form, by numbers that are not finite or by what it raised."""
    match answer:
        case Returned():
            return ("number", "")
        case Malformed(where=where, overflowed=overflowed):
            return ("overflow" if overflowed else "form", where)
        case Raised(type=name):
            return ("raised", name)


def wrong_entries(suite: Suite, i: int, answer: Returned) -> Booleans:
    """For each parameter of network `i` whether the answer is beyond its tolerance; NaN always is."""
    mine = slice(suite.starts[i], suite.starts[i + 1])
    return _wrong(answer.gradient, suite.derivatives[mine], suite.tolerances[mine])


def _wrong(got: Array, truth: Array, tolerance: Array) -> Booleans:
    with np.errstate(invalid="ignore"):
        near = np.abs(got - truth) <= tolerance
    # Inconclusive coordinates are left out, but even there a derivative is a finite number.
    return np.asarray(~np.isfinite(got) | (~near & ~np.isnan(truth)))


def all_wrong_entries(suite: Suite, answers: Sequence[Answer]) -> Booleans:
    """For each parameter of the suite whether the answer is beyond its tolerance, or there is none to compare."""
    # A network that did not return anything is NaN in all of its entries, which is wrong wherever it stands.
    got = np.full(suite.starts[-1], np.nan)
    for start, stop, answer in zip(suite.starts, suite.starts[1:], answers, strict=False):
        if isinstance(answer, Returned):
            got[start:stop] = answer.gradient
    return _wrong(got, suite.derivatives, suite.tolerances)


def disagreeing(suite: Suite, answers: Sequence[Answer]) -> list[bool]:
    """For each network whether any entry is wrong, or there are none to compare."""
    wrong = all_wrong_entries(suite, answers)
    return np.logical_or.reduceat(wrong, suite.starts[:-1])[: len(answers)].tolist() if len(suite) else []
