"""The form of what was returned: two lists in the order that was asked for, each array in its shape."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from grader.judge import wording
from grader.judge.agreement import disagreeing
from grader.judge.row import Row
from grader.model.verdict import Mark
from grader.oracle.answers import Answer, Evidence, Malformed, Returned
from grader.oracle.network import Array
from grader.oracle.suite import Suite


def form(suite: Suite, answers: Sequence[Answer], evidence: Mapping[int, Evidence]) -> Row:
    """`form`: failed on each network for which something else was returned; not run if nothing ever was."""
    returned = sum(isinstance(answer, Returned | Malformed) for answer in answers)
    other = [(i, answer) for i, answer in enumerate(answers) if isinstance(answer, Malformed) and not answer.overflowed]
    if not returned:
        return Row(Mark.NOT_RUN, 0, wording.NOTHING_RETURNED)
    if not other:
        return Row(Mark.PASSED, returned, "")
    failing = tuple(i for i, _ in other)
    readable = {evidence[i].form for i in failing if _readable(suite, i, evidence)}
    return Row(Mark.FAILED, returned, wording.other_form(other[0][1], readable), failing, disagreeing)


def in_one_order(suite: Suite, evidence: Mapping[int, Evidence]) -> dict[int, Evidence]:
    """The evidence, with networks that fit either order of the two lists read in the order of the others.

    Those are the networks whose layers all have one input: weights and biases have the same shapes there.
    """
    either = {i for i in evidence if set(suite.sizes[i][:-1]) == {1}}
    others = {each.form for i, each in evidence.items() if i not in either and each.ended}
    if others != {"swapped"}:
        return dict(evidence)
    return {
        i: _swapped(each, sum(suite.sizes[i][1:])) if i in either and each.form == "plain" else each
        for i, each in evidence.items()
    }


def _swapped(evidence: Evidence, count: int) -> Evidence:
    """The evidence with its weights, which are as many as its biases, taken for them."""
    layers = len(evidence.status) // 4
    numbers, status = evidence.numbers, evidence.status
    return replace(
        evidence,
        form="swapped",
        status=status[layers : 2 * layers] + status[:layers] + status[2 * layers :],
        numbers=np.concatenate([numbers[count : 2 * count], numbers[:count], numbers[2 * count :]]),
    )


def reformed(suite: Suite, answers: Sequence[Answer], evidence: Mapping[int, Evidence]) -> list[Answer]:
    """The answers, those of another form as if they had the one that was asked for; NaN for what cannot be read."""
    return [_reformed(suite, i, answer, evidence) for i, answer in enumerate(answers)]


def _reformed(suite: Suite, i: int, answer: Answer, evidence: Mapping[int, Evidence]) -> Answer:
    malformed = isinstance(answer, Malformed) and not answer.overflowed
    other = malformed or (isinstance(answer, Returned) and i in evidence and evidence[i].form == "swapped")
    if not other or i not in evidence or not evidence[i].ended:
        return answer
    returned = evidence[i].status[: 2 * len(suite.sizes[i]) - 2]
    return Returned(_gradient(suite, i, evidence)) if set(returned) & {"1", "2"} else answer


def _readable(suite: Suite, i: int, evidence: Mapping[int, Evidence]) -> bool:
    """True if all of what was returned about network `i` can be read."""
    return i in evidence and evidence[i].ended and set(evidence[i].status[: 2 * len(suite.sizes[i]) - 2]) <= {"1", "2"}


def _gradient(suite: Suite, i: int, evidence: Mapping[int, Evidence]) -> Array:
    """What was returned about network `i` as dW[0], db[0], dW[1] and so on."""
    sizes, numbers = suite.sizes[i], evidence[i].numbers
    weight, bias = 0, sum(a * b for a, b in pairwise(sizes))
    parts = []
    for inputs, outputs in pairwise(sizes):
        parts += [numbers[weight : weight + inputs * outputs], numbers[bias : bias + outputs]]
        weight, bias = weight + inputs * outputs, bias + outputs
    return np.concatenate(parts)
