"""Which answers agree with finite differences, entry by entry."""

from collections.abc import Sequence

import numpy as np

from grader.properties.candidate import Answer, Malformed, Raised, Returned
from grader.properties.layers import Booleans
from grader.suite import Suite


def way(answer: Answer) -> tuple[str, str]:
    """How an answer is wrong, if it is: by number, by form or by what it raised."""
    match answer:
        case Returned():
            return ("number", "")
        case Malformed(where=where):
            return ("form", where)
        case Raised(type=name):
            return ("raised", name)


def wrong_entries(suite: Suite, i: int, answer: Returned) -> Booleans:
    """For each parameter of network `i` whether the answer is beyond its tolerance; NaN always is."""
    mine = slice(suite.starts[i], suite.starts[i + 1])
    truth, tolerance = suite.derivatives[mine], suite.tolerances[mine]
    with np.errstate(invalid="ignore"):
        near = np.abs(answer.gradient - truth) <= tolerance
    # Inconclusive coordinates are left out, but even there a derivative is a finite number.
    return np.asarray(~np.isfinite(answer.gradient) | (~near & ~np.isnan(truth)))


def disagreeing(suite: Suite, answers: Sequence[Answer]) -> list[bool]:
    """For each network whether any entry is wrong, or there are none to compare."""
    return [
        not isinstance(answer, Returned) or bool(wrong_entries(suite, i, answer).any())
        for i, answer in enumerate(answers)
    ]
