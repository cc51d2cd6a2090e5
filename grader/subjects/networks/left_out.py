"""The lowest layer where a function leaves it out: its gradients are zero on every network, those of others are not."""

from collections.abc import Container, Sequence

import numpy as np

from grader.oracle.answers import Answer, Returned
from grader.oracle.network import Array
from grader.oracle.suite import Suite

#: Networks on which a layer of zeros below one that is not zero is no chance.
_BEYOND_CHANCE = 3


def find_left_out(suite: Suite, answers: Sequence[Answer]) -> list[int]:
    """The networks with zeros for the gradients of layer 0, if none with a hidden layer has other numbers there.

    Nothing is left out if all hidden layers have zeros: then the derivative does not come down to them.
    """
    zero, shown, hidden = [], 0, False
    for i, answer in enumerate(answers):
        if not isinstance(answer, Returned):
            continue
        sizes = suite.sizes[i]
        lowest, above = _split(answer.numbers, sizes)
        if lowest.any():
            if len(sizes) > 2:
                return []
            continue
        zero.append(i)
        shown += bool(above.any())
        hidden |= bool(above[: -sizes[-1] * (sizes[-2] + 1)].any())
    return zero if hidden and shown >= _BEYOND_CHANCE else []


def blank_left_out(suite: Suite, answers: Sequence[Answer], left_out: Container[int]) -> list[Answer]:
    """The answers with NaN for the gradients of layer 0 on these networks."""
    return [
        _blank(answer, suite.sizes[i]) if i in left_out and isinstance(answer, Returned) else answer
        for i, answer in enumerate(answers)
    ]


def _split(numbers: Array, sizes: Sequence[int]) -> tuple[Array, Array]:
    """The gradients of layer 0, dW[0] and db[0], and those of the layers above."""
    end = sizes[1] * (sizes[0] + 1)
    return numbers[:end], numbers[end:]


def _blank(answer: Returned, sizes: Sequence[int]) -> Returned:
    lowest, above = _split(answer.numbers, sizes)
    return Returned(np.concatenate([np.full_like(lowest, np.nan), above]))
