"""The form of what was returned: two lists in the order that was asked for, each array in its shape."""

from collections.abc import Mapping, Sequence
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


def reformed(suite: Suite, answers: Sequence[Answer], evidence: Mapping[int, Evidence]) -> list[Answer]:
    """The answers, those of another form as if they had the one that was asked for."""
    return [_reformed(suite, i, answer, evidence) for i, answer in enumerate(answers)]


def _reformed(suite: Suite, i: int, answer: Answer, evidence: Mapping[int, Evidence]) -> Answer:
    gradient = _gradient(suite, i, evidence) if isinstance(answer, Malformed) else None
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
