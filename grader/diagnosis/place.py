"""Where it goes wrong: the first layer from the output down whose numbers are wrong though what went in is right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grader.model import Assignment, FirstDifference
from grader.oracle.network import Array
from grader.properties.candidate import Answer, Returned
from grader.properties.layers import Booleans
from grader.suite import Suite, matrices


@dataclass(frozen=True, slots=True)
class _Found:
    """In network `i`, at layer `k`, this is the first to differ; `clear` where its activations do not hide it."""

    variable: str
    k: int
    i: int
    depth: int
    clear: bool


def first_difference(
    suite: Suite, answers: Sequence[Answer], wrong: Sequence[int], assignment: Assignment
) -> FirstDifference | None:
    """Nearest to the output over the notebook's own shape, or over all networks where that is right."""
    single = [i for i in wrong if suite.columns[i] == 1 and isinstance(answers[i], Returned)]
    home = [i for i in single if suite.sizes[i] == assignment.home.sizes]
    with np.errstate(all="ignore"):
        found = [_first(suite, answers[i], i, assignment) for i in home or single]
    seen = [each for each in found if each is not None]
    if not seen:
        return None
    return _told(min(seen, key=lambda each: (each.depth - each.k, not each.clear, each.depth, each.i)))


def _first(suite: Suite, answer: Answer, i: int, assignment: Assignment) -> _Found | None:
    assert isinstance(answer, Returned)  # noqa: S101 - only those are looked at
    sizes, mine = suite.sizes[i], slice(suite.starts[i], suite.starts[i + 1])
    truth, tolerance = suite.derivatives[mine], suite.tolerances[mine]
    off: Booleans = ~(np.abs(answer.gradient - truth) <= tolerance) & ~np.isnan(truth)
    got, marks = matrices(sizes, answer.gradient), matrices(sizes, off.astype(np.float64))
    rounding = matrices(sizes, np.where(np.isfinite(tolerance), tolerance, 0.0))
    depth = len(sizes) - 2
    for k in range(depth, -1, -1):
        weights, biases = bool(marks[2 * k].any()), bool(marks[2 * k + 1].any())
        if weights or biases:
            h = _input(suite, i, k)
            together = biases and _outer(got[2 * k], got[2 * k + 1], h, rounding[2 * k], assignment.rtol)
            names = ["all_dl_df"] if together else ["all_dl_dbiases"] * biases + ["all_dl_dweights"] * weights
            return _Found(f"[{k}] and ".join(names) + f"[{k}]", k, i, depth, bool(np.any(h)))
    return None


def _outer(d_weights: Array, d_biases: Array, h: Array, rounding: Array, rtol: float) -> bool:
    """Whether weights and biases tell of one dl/df, which then is what is wrong."""
    outer = d_biases @ h.T
    return bool(np.all(np.abs(d_weights - outer) <= rounding + 4 * rtol * np.abs(outer)))


def _input(suite: Suite, i: int, k: int) -> Array:
    """h[k], as it was handed over."""
    one = suite.one(i)
    start = sum(one.sizes[0][:k])
    return one.activations[start : start + one.sizes[0][k]].reshape(-1, 1)


def _told(found: _Found) -> FirstDifference:
    k, both = found.k, " and " in found.variable
    if both:
        why = f"the two do not agree on one all_dl_df[{k}]"
    elif not found.variable.startswith("all_dl_df"):
        why = f"all_dl_df[{k}], which it is made from, is right"
    elif k == found.depth:
        why = f"this is where the chain rule starts, from all_f[{k}] and y"
    else:
        why = f"all_dl_df[{k + 1}], which it is made from, is right"
    message = (
        f"In a network with K = {found.depth}, {found.variable} {'are' if both else 'is'} the first to differ, counted"
        f" from the output: {why}."
    )
    return FirstDifference(found.variable, k, found.depth, message)
