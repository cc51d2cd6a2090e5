"""The form of what was returned: two lists in the order that was asked for, each array in its shape."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from grader.model import Mark
from grader.oracle.network import Array
from grader.properties import wording
from grader.properties.candidate import Answer, Evidence, Malformed, Returned
from grader.properties.entries import disagreeing
from grader.properties.row import Row
from grader.suite import Suite


def form(suite: Suite, answers: Sequence[Answer], evidence: Mapping[int, Evidence]) -> Row:
    """`form`: failed on each network for which something else was returned; not run if nothing ever was."""
    malformed = {i: answer for i, answer in enumerate(answers) if isinstance(answer, Malformed)}
    returned = len(malformed) + sum(isinstance(answer, Returned) for answer in answers)
    if not returned:
        return Row(Mark.NOT_RUN, 0, wording.NOTHING_RETURNED)
    if not malformed:
        return Row(Mark.PASSED, returned, "")
    readable = {evidence[i].form for i in malformed if _gradient(suite, i, evidence) is not None}
    message = wording.other_form(next(iter(malformed.values())), readable)
    return Row(Mark.FAILED, returned, message, tuple(malformed), disagreeing)


def in_one_order(suite: Suite, evidence: Mapping[int, Evidence]) -> dict[int, Evidence]:
    """The evidence, with networks of one unit a layer, which fit either order, read in the order of the others."""
    single = {i for i in evidence if set(suite.sizes[i]) == {1}}
    others = {each.form for i, each in evidence.items() if i not in single and each.ended}
    if others != {"swapped"}:
        return dict(evidence)
    return {i: _swapped(each) if i in single and each.form == "plain" else each for i, each in evidence.items()}


def _swapped(evidence: Evidence) -> Evidence:
    """The evidence about a network of one unit a layer, its weights taken for its biases."""
    layers = len(evidence.status) // 4
    numbers, status = evidence.numbers, evidence.status
    return replace(
        evidence,
        form="swapped",
        status=status[layers : 2 * layers] + status[:layers] + status[2 * layers :],
        numbers=np.concatenate([numbers[layers : 2 * layers], numbers[:layers], numbers[2 * layers :]]),
    )


def reformed(suite: Suite, answers: Sequence[Answer], evidence: Mapping[int, Evidence]) -> list[Answer]:
    """The answers, those of another form as if they had the one that was asked for."""
    return [_reformed(suite, i, answer, evidence) for i, answer in enumerate(answers)]


def _reformed(suite: Suite, i: int, answer: Answer, evidence: Mapping[int, Evidence]) -> Answer:
    other = isinstance(answer, Malformed) or (i in evidence and evidence[i].form == "swapped")
    gradient = _gradient(suite, i, evidence) if other else None
    return answer if gradient is None else Returned(gradient)


def _gradient(suite: Suite, i: int, evidence: Mapping[int, Evidence]) -> Array | None:
    """What was returned about network `i` as dW[0], db[0], dW[1] and so on; None if it cannot be read."""
    sizes = suite.sizes[i]
    if i not in evidence or not evidence[i].ended or set(evidence[i].status[: 2 * len(sizes) - 2]) - {"1", "2"}:
        return None
    numbers = evidence[i].numbers
    weight, bias = 0, sum(a * b for a, b in pairwise(sizes))
    parts = []
    for inputs, outputs in pairwise(sizes):
        parts += [numbers[weight : weight + inputs * outputs], numbers[bias : bias + outputs]]
        weight, bias = weight + inputs * outputs, bias + outputs
    return np.concatenate(parts)
