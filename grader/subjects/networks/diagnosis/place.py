"""The place of the mistake: the first layer from the output down with wrong numbers though what went in is right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.model.verdict import FirstDifference
from grader.oracle.answers import Answer, Returned
from grader.oracle.cases import Booleans
from grader.oracle.network import Array
from grader.oracle.suite import Suite, count
from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.evidence import Evidence
from grader.subjects.networks.written import entries

#: What is certain if dW is not db @ h.T; how that came about is not.
DISAGREE = "no dl/df gives both its bias and its weight gradients by the chain rule"


@dataclass(frozen=True, slots=True)
class _WrongLayer:
    """In network `i`, the entries `k` of these lists are the first to differ, those of layer `layer` of its parameters.

    `clear` is False if the activations there may hide what is wrong.
    """

    names: tuple[str, ...]
    k: int
    layer: int
    i: int
    depth: int
    clear: bool
    #: An entry that it is made from, and that is right in the student's lists.
    source: str
    #: True if the student's lists show it, False if they do not; None if they were not looked at.
    shown: bool | None

    @property
    def variable(self) -> str:
        """The entries in the notebook's words."""
        return " and ".join(f"{name}[{self.k}]" for name in self.names)


def first_difference(
    suite: Suite,
    answers: Sequence[Answer],
    wrong: Sequence[int],
    assignment: Assignment,
    evidence: Mapping[int, Evidence],
) -> FirstDifference | None:
    """The difference nearest to the output, over the notebook's own shape, or over all networks if that is right."""
    single = [i for i in wrong if suite.columns[i] == 1 and isinstance(answers[i], Returned)]
    home = [i for i in single if suite.sizes[i] == assignment.home.sizes]
    with np.errstate(all="ignore"):
        differences = [_first(suite, answers[i], i, assignment, evidence.get(i)) for i in home or single]
    places = [difference for difference in differences if difference is not None]
    if not places:
        return None
    # What the lists of one network show, and those of another do not, may be chance.
    ranks = {False: 0, True: 1, None: 2}
    nearest = min(places, key=lambda at: (at.depth - at.layer, not at.clear, ranks[at.shown], at.depth, at.i))
    return _difference(nearest, home=bool(home))


def _first(
    suite: Suite, answer: Answer, i: int, assignment: Assignment, evidence: Evidence | None
) -> _WrongLayer | None:
    assert isinstance(answer, Returned)  # noqa: S101 - only those are looked at
    sizes, mine = suite.sizes[i], slice(suite.starts[i], suite.starts[i + 1])
    truth, tolerance = suite.derivatives[mine], suite.tolerances[mine]
    off: Booleans = ~(np.abs(answer.numbers - truth) <= tolerance) & ~np.isnan(truth)
    depth = len(sizes) - 2
    for k in range(depth, -1, -1):
        in_weights, biases = (bool(part.any()) for part in _cut(sizes, k, off))
        if in_weights or biases:
            d_weights, d_biases = _cut(sizes, k, answer.numbers)
            rounding = np.where(np.isfinite(tolerance), tolerance, 0.0)
            right = _cut(sizes, k, truth)[1], _cut(sizes, k, rounding)[1]
            h = _input(suite, i, k)
            together = biases and _show_one_df(d_weights, d_biases, h, _cut(sizes, k, rounding)[0], assignment.rtol)
            names = ("all_dl_dbiases",) * biases + ("all_dl_dweights",) * in_weights
            clear = bool(np.any(h))
            if not together:
                made = d_biases if biases else _divide(d_weights, h)
                weights = suite.networks[i].weights[k]
                names, source = _find_source(evidence, sizes, k, names, made, weights, right, assignment.rtol)
                return _WrongLayer(names, k, k, i, depth, clear, source, shown=None)
            above = None
            if k < depth:
                above = suite.networks[i].weights[k + 1], _cut(sizes, k + 1, answer.numbers)[1]
            wrong = None if evidence is None else _in_lists(evidence, sizes, k, right, above, assignment.rtol)
            if wrong is None:
                shown = None if evidence is None else False
                return _WrongLayer(("all_dl_df",), k, k, i, depth, clear, "", shown)
            name, source = wrong
            named = (name,) if name else names
            return _WrongLayer(named, k + (name == "all_dl_dh"), k, i, depth, clear, source, shown=True)
    return None


def _cut(sizes: Sequence[int], k: int, flat: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The part of one flat array that is of the weights and of the biases of layer k."""
    inputs, outputs = sizes[k : k + 2]
    start = count(sizes[: k + 1])
    middle = start + inputs * outputs
    return flat[start:middle].reshape(outputs, inputs), flat[middle : middle + outputs].reshape(outputs, 1)


def _find_source(  # noqa: PLR0913 - a layer, and what is wrong and right there
    evidence: Evidence | None,
    sizes: Sequence[int],
    k: int,
    names: tuple[str, ...],
    made: Array,
    weights: Array,
    right: tuple[Array, Array],
    rtol: float,
) -> tuple[tuple[str, ...], str]:
    """The first to differ, and the right value beside it if that is one list.

    That value is dl/df if it can be read, else the layer's other gradient. If dl/df is wrong, and both the list and
    dl/dh are made from it as it is, it differs, too. `made` is the dl/df of the list, `right` what it should be, with
    tolerances.
    """
    if len(names) > 1:
        return names, ""
    other_list = f"all_dl_{'dweights' if names[0] == 'all_dl_dbiases' else 'dbiases'}[{k}]"
    lists = None if evidence is None else entries(evidence, sizes, shaped=True)
    df = None if lists is None else lists["all_dl_df"][k]
    if lists is None or df is None:
        return names, other_list
    truth, tolerance = right
    if np.all((np.abs(df - truth) <= tolerance) | np.isnan(truth)):
        return names, f"all_dl_df[{k}]"
    dh = lists["all_dl_dh"][k]
    # A later line may have changed it, and a list that shares its memory; dl/dh shows it as it was.
    before = dh is not None and bool(dh.any()) and _near(dh, weights.T @ df, np.abs(weights).T @ np.abs(df), rtol)
    return (("all_dl_df", *names), "") if before and _near(made, df, np.abs(df), rtol) else (names, other_list)


def _near(a: Array, b: Array, size: Array, rtol: float) -> bool:
    return bool(np.all(np.abs(a - b) <= 4 * rtol * size))


def _divide(d_weights: Array, h: Array) -> Array:
    """The dl/df of which the weights' gradient is made, if it is one's."""
    return np.asarray(d_weights @ h / np.sum(h * h))


def _in_lists(  # noqa: PLR0913 - a layer, and what is around it
    evidence: Evidence,
    sizes: Sequence[int],
    k: int,
    right: tuple[Array, Array],
    above: tuple[Array, Array] | None,
    rtol: float,
) -> tuple[str, str] | None:
    """The list whose entry is the first to differ, and what that is made from; None if the lists do not show it.

    The name is empty if all_dl_df[k] is right. `right` is what it should be, with tolerances; `above` holds the weights
    and dl/df of the layer above.
    """
    lists = entries(evidence, sizes, shaped=True)
    df = lists["all_dl_df"][k]
    if df is None:
        return None
    truth, tolerance = right
    if np.all((np.abs(df - truth) <= tolerance) | np.isnan(truth)):
        return "", f"all_dl_df[{k}]"
    if above is None:
        return "all_dl_df", ""
    weights, df_above = above
    dh, list_above = lists["all_dl_dh"][k + 1], lists["all_dl_df"][k + 1]
    # What came back is right above: if the list is not, it does not show which line is.
    differs = list_above is not None and not np.all(np.abs(list_above - df_above) <= 4 * rtol * np.abs(df_above))
    if dh is None or differs:
        return None
    terms = np.abs(weights).T @ np.abs(df_above)
    if np.all(np.abs(dh - weights.T @ df_above) <= 4 * rtol * terms):
        return "all_dl_df", f"all_dl_dh[{k + 1}]"
    # In an array that both lists share, what it held on the way is lost.
    return None if any(evidence.shared) else ("all_dl_dh", f"all_dl_df[{k + 1}]")


def _show_one_df(d_weights: Array, d_biases: Array, h: Array, rounding: Array, rtol: float) -> bool:
    """True if weights and biases show one dl/df, which then is what is wrong."""
    outer = d_biases @ h.T
    return bool(np.all(np.abs(d_weights - outer) <= rounding + 4 * rtol * np.abs(outer)))


def _input(suite: Suite, i: int, k: int) -> Array:
    """h[k], as it was handed over."""
    question = suite.one(i)
    start = sum(question.sizes[0][:k])
    return question.activations[start : start + question.sizes[0][k]].reshape(-1, 1)


def _difference(first: _WrongLayer, *, home: bool) -> FirstDifference:
    inferred = first.names == ("all_dl_df",) and not first.shown
    return add_sentence(
        FirstDifference(
            first.variable, first.k, first.depth, "", first.names, first.source, home=home, inferred=inferred
        )
    )


def add_sentence(first: FirstDifference) -> FirstDifference:
    """Add the sentence: which network, what differs first, which lines write it, and why it is that."""
    k, both = first.layer or 0, len(first.lists) > 1
    network = "a network of the notebook's own shape" if first.home else "one network"
    wrong = "are the first wrong values" if both else "is the first wrong value"
    value = f"{first.variable}{f' (see {_lines(first)})' if first.lines else ''} {wrong}"
    if both and not first.source:
        what = f"layer {k} is the first that is wrong, and {DISAGREE}"
    elif first.inferred and k == first.depth:
        what = (
            f"the output layer, layer {k}, is wrong already: look at the derivative of the loss, from all_f[{k}] and y,"
            " and at whatever changes the gradients after it"
        )
    elif first.inferred:
        what = (
            f"layer {k + 1} is correct and layer {k} is wrong: look at the step from {k + 1} down to {k}, and at"
            f" whatever changes the gradients of layer {k} after it"
        )
    elif first.source:
        what = f"{first.source} is correct, and {value}"
    elif k == first.depth:
        what = f"{value}: the chain rule starts here, from all_f[{k}] and y"
    else:
        what = f"all_dl_df[{k + 1}] is correct, and {value}; all_dl_dh[{k + 1}] comes between the two"
    return replace(first, message=f"Working back from the output of {network} (K = {first.depth}), {what}.")


def _lines(first_difference: FirstDifference) -> str:
    *first, last = map(str, first_difference.lines)
    where = f"lines {', '.join(first)} and {last}" if first else f"line {last}"
    return where if first_difference.cell is None else f"cell {first_difference.cell}, {where}"
