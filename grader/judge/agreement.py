"""Which answers agree with what is expected, number by number."""

from collections.abc import Sequence

import numpy as np

from grader.oracle.answers import Answer, Malformed, Raised, Returned
from grader.oracle.cases import Booleans, Cases
from grader.oracle.network import Array


def way(answer: Answer) -> tuple[str, str]:
    """How an answer is wrong, if it is: by number, by form, by numbers that are not finite or by what it raised."""
    match answer:
        case Returned():
            return ("number", "")
        case Malformed(where=where, overflowed=overflowed):
            return ("overflow" if overflowed else "form", where)
        case Raised(type=name):
            return ("raised", name)


def same(first: Answer, second: Answer) -> bool:
    """Whether two answers are the same: bit for bit if they are numbers, and wrong in the same way if not."""
    if isinstance(first, Returned) and isinstance(second, Returned):
        return first.numbers.tobytes() == second.numbers.tobytes()
    if isinstance(first, Malformed) and isinstance(second, Malformed):
        return first == second
    return type(first) is type(second)


def wrong_entries(cases: Cases, i: int, answer: Returned) -> Booleans:
    """For each number of case `i` whether the answer is beyond its tolerance; NaN always is."""
    mine = slice(cases.starts[i], cases.starts[i + 1])
    return _wrong(answer.numbers, cases.expected[mine], cases.tolerances[mine])


def _wrong(got: Array, truth: Array, tolerance: Array) -> Booleans:
    with np.errstate(invalid="ignore"):
        near = np.abs(got - truth) <= tolerance
    # Inconclusive numbers are left out, but even there the answer is a finite number.
    return np.asarray(~np.isfinite(got) | (~near & ~np.isnan(truth)))


def all_wrong_entries(cases: Cases, answers: Sequence[Answer]) -> Booleans:
    """For each number of the cases whether the answer is beyond its tolerance, or there is none to compare."""
    # A case that did not return anything is NaN in all of its entries, which is wrong wherever it stands.
    got = np.full(cases.starts[-1], np.nan)
    for start, stop, answer in zip(cases.starts, cases.starts[1:], answers, strict=False):
        if isinstance(answer, Returned):
            got[start:stop] = answer.numbers
    return _wrong(got, cases.expected, cases.tolerances)


def disagreeing(cases: Cases, answers: Sequence[Answer]) -> list[bool]:
    """For each case whether any number is wrong, or there are none to compare."""
    wrong = all_wrong_entries(cases, answers)
    return np.logical_or.reduceat(wrong, cases.starts[:-1])[: len(answers)].tolist() if len(cases) else []
