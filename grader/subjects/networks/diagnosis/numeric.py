"""Right numbers that something was done to at the end: rounded, clipped, scaled, or kept in half precision."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from grader.oracle.answers import Returned
from grader.oracle.network import Array
from grader.subjects.networks.diagnosis.bug import Bug, Where
from grader.subjects.networks.diagnosis.case import EVIDENCE, Case, overflowed
from grader.subjects.networks.diagnosis.fit import Fit

#: Decimals to which a student may round so that it is seen.
MOST_DECIMALS = 6

#: What half precision may err by, in units of the size of what cancels in an entry, over a network's layers.
HALF = 2.0**-7


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What came back of the weights, the biases or both; what is right, and how far from it right numbers may be."""

    what: str
    got: Array
    right: Array
    tolerance: Array
    #: The size of what cancels in an entry.
    size: Array


def numeric(case: Case, rtol: float) -> list[Fit]:
    """What was done to all gradients, or to the weights' or the biases' alone while the others are right."""
    if not case.returned or not all(isinstance(each, Returned) or overflowed(each) for each in case.answers):
        return []
    for part in _parts(case, rtol):
        if np.all(np.abs(part.got - part.right) <= part.tolerance):
            continue
        for look in (_rounded, _truncated, _half, _scaled, _clipped):
            bug = look(part)
            if bug is not None:
                return [Fit((bug,))]
    return []


def _parts(case: Case, rtol: float) -> Iterator[Part]:
    back = case.entries
    settled, floor = np.isfinite(case.suite.tolerances[back]), case.floor[back]
    right = np.where(settled, case.suite.derivatives[back], case.got)
    size, biases = floor / rtol, case.biases[back]
    for what, inside in (("gradients", None), ("bias gradients", biases), ("weight gradients", ~biases)):
        if inside is None:
            yield Part(what, case.got[settled], right[settled], floor[settled], size[settled])
        elif np.all(np.abs(case.got - right)[~inside] <= floor[~inside]):
            at = inside & settled
            yield Part(what, case.got[at], right[at], floor[at], size[at])


def _bug(id_: str, title: str, hint: str, strong: str) -> Bug:
    return Bug(id_, title, Where.RETURN, (), hint, strong)


def _rounded(part: Part) -> Bug | None:
    for decimals in range(MOST_DECIMALS + 1):
        shifted = part.got * 10.0**decimals
        whole = np.abs(shifted - np.round(shifted)) <= 1e-9 * np.maximum(1.0, np.abs(shifted))
        if np.all(whole) and np.all(np.abs(part.got - part.right) <= 0.5 / 10**decimals + part.tolerance):
            to = f"{decimals} decimal{'' if decimals == 1 else 's'}" if decimals else "whole numbers"
            return _bug(
                "rounded",
                f"rounds its {part.what} to {to}",
                "Small derivatives matter too. What becomes of them in your last lines?",
                "Return the numbers as they are: no np.round and no integers.",
            )
    return None


def _truncated(part: Part) -> Bug | None:
    cut = np.trunc(part.right)
    # What is right within rounding of a whole number may have been cut to either side of it.
    same = (part.got == cut) | (
        (part.got == np.round(part.got))
        & (np.abs(part.got - part.right) <= 1 + part.tolerance)
        & (np.abs(part.right - np.round(part.right)) <= part.tolerance)
    )
    if not np.all(same):
        return None
    return _bug(
        "truncated",
        f"cuts its {part.what} off to whole numbers",
        "What dtype do the arrays have that your numbers are written into?",
        "An array of integers cuts off what stands behind the point: make it one of float64.",
    )


def _half(part: Part) -> Bug | None:
    with np.errstate(over="ignore"):
        held = np.array_equal(part.got, part.got.astype(np.float16))
    if not held or not np.all(np.abs(part.got - part.right) <= HALF * part.size):
        return None
    return _bug(
        "float16",
        f"keeps its {part.what} in half precision",
        "What dtype do your arrays have?",
        "float16 holds three decimal digits only: leave the arrays in float64.",
    )


def _scaled(part: Part) -> Bug | None:
    largest = np.max(np.abs(part.right))
    if largest == 0:
        return None
    # In units of the largest, so that nothing overflows.
    got, right = part.got / largest, part.right / largest
    # Not `@`, which would wake the threads of a library for linear algebra.
    factor = float((got * right).sum() / (right * right).sum())
    if not np.all(np.abs(part.got - factor * part.right) <= (1 + abs(factor)) * part.tolerance):
        return None
    if factor == 0:
        return None
    return _bug(
        "scaled",
        f"makes all its {part.what} {factor:.6g} times what they should be",
        f"Every number of them is off by one factor, {factor:.6g}. Where in your code does such a factor come in?",
        f"The factor {factor:.6g} does not belong there: no mean, no learning rate, no second 2.",
    )


def _clipped(part: Part) -> Bug | None:
    most = float(np.max(np.abs(part.got)))
    beyond = np.abs(part.right) > most + part.tolerance
    clipped = np.all(np.abs(part.got - np.clip(part.right, -most, most)) <= part.tolerance)
    if most == 0 or beyond.sum() < EVIDENCE or not clipped:
        return None
    return _bug(
        "clipped",
        f"clips its {part.what} at {most:.4g}",
        "May a derivative be large?",
        f"A derivative beyond {most:.4g} is a derivative all the same: do not clip.",
    )
