"""The operand that must have another value, where an operation and its other operand are right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.values.program import Given


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of which one operand, at a place, is unknown: the other one's values, or its constant."""

    operator: str
    place: int
    others: Given | None
    constant: float | None


def solve(operation: Operation, wanted: Given, own: Given) -> Given | None:
    """Return what an operand must be, in the shapes of its own values, for an operation to have the wanted values.

    None if nothing is.
    """
    solved: list[list[Array]] = []
    for case, (results, mine) in enumerate(zip(wanted, own, strict=True)):
        theirs: Sequence[Array]
        if operation.others is not None and operation.others[case]:
            theirs = operation.others[case]
        elif operation.constant is not None:
            theirs = [np.array(operation.constant)] * len(results)
        else:
            return None
        if not len(results) == len(mine) == len(theirs):
            return None
        solved.append([])
        for result, value, other in zip(results, mine, theirs, strict=True):
            try:
                with np.errstate(all="ignore"):
                    new = _invert(operation, result, other)
            except ValueError:
                # Their shapes do not go together.
                return None
            if new.shape != value.shape or not np.isfinite(new).all():
                return None
            solved[-1].append(new)
    return solved


def _invert(operation: Operation, result: Array, other: Array) -> Array:
    operator, place = operation.operator, operation.place
    if operator == "*":
        return np.asarray(result / other)
    if operator == "+":
        return np.asarray(result - other)
    if operator == "-":
        return np.asarray(result + other if place == 0 else other - result)
    return np.asarray(result * other if place == 0 else other / result)
