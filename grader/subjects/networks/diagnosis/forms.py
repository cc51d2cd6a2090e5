"""The form of what comes back, in the grader's terms: arrays of the right shapes, or what they are instead."""

import re
from dataclasses import replace
from typing import Any

import numpy as np

from grader.oracle.answers import Answer, Malformed, Raised, ReceivedForm, Returned
from grader.oracle.network import Array
from grader.subjects.networks.diagnosis.lines import MISFITS, Lines
from grader.subjects.networks.diagnosis.work import Work

PARTS = ("all_dl_dweights", "all_dl_dbiases")

#: The two sizes that do not meet, in the words of `@`, and of `np.dot` (which names them in the other order).
_MATMUL = re.compile(r"size (\d+) is different from (\d+)")
_DOT = re.compile(r"not aligned: (\d+) \(dim \d\) != (\d+) \(dim \d\)")
#: The shapes that do not meet, in the words of `*`, and of an assignment into an array.
_BROADCAST = re.compile(
    r"broadcast (?:together with shapes|input array from shape) ([\d(), ]*(?:into shape [\d(), ]+)?)"
)
_SHAPE = re.compile(r"\((\d+), ?(\d*)\)")

#: What is said of shapes otherwise, by einsum or by a loop over indices.
_OTHERWISE = re.compile(r"broadcast|boolean index|out of (?:range|bounds)|not aligned|einstein|incompatible")

#: The last size of a left factor and the first of a right one (the other way round for who transposes both), or the
#: shapes that were to be made one.
Clue = tuple[str, str] | frozenset[tuple[str, str]]


def clue(message: str) -> Clue | None:
    """The shapes that did not fit, whichever function of NumPy's raised; None if the message has none."""
    if match := _MATMUL.search(message):
        return match[2], match[1]
    if match := _DOT.search(message):
        return match[1], match[2]
    if match := _BROADCAST.search(message):
        return frozenset(_SHAPE.findall(match[1])) or None
    return None


def of_shapes(message: str) -> bool:
    """True if the message is about shapes at all, though no clue is in it."""
    return _OTHERWISE.search(message) is not None


def clues(s: Work, malformed: Malformed | None) -> set[Clue]:
    """Every misfit that this pass could be stopped by, in whatever order another's code goes through its layers."""
    clues = {clue(str(error)) for error in s.errors}
    if malformed is not None:
        # Whoever writes into arrays made beforehand is stopped by the shape.
        shapes = (malformed.wanted, malformed.received.shape if malformed.received else None)
        clues.add(
            frozenset(_format_shape(shape) for shape in shapes if isinstance(shape, tuple) and len(shape) in {1, 2})
        )
    return {misfit for misfit in clues if misfit}


def _format_shape(shape: tuple[int, ...]) -> tuple[str, str]:
    """A shape of one or two axes as `clue` reads it in NumPy's words."""
    rows, *columns = map(str, shape)
    return rows, "".join(columns)


def answer(lines: Lines, s: Work) -> Answer:
    """The grader's view of this pass."""
    if s.errors:
        return Raised(type(s.errors[0]).__name__, str(s.errors[0]))
    returned: object = (s.dl_dweights, s.dl_dbiases)
    if lines.returned is not None:
        try:
            returned = lines.returned(s)
        except MISFITS as error:
            s.errors.append(error)
            return Raised(type(error).__name__, str(error))
    malformed = _misshapen(returned, s)
    if malformed is not None:
        return malformed
    numbers = np.concatenate([part.ravel() for pair in zip(*_lists(returned), strict=True) for part in pair])
    if not np.isfinite(numbers).all():
        return Malformed("return", overflowed=True)
    return Returned(numbers)


def well_formed(s: Work) -> bool:
    """True if both lists hold arrays of the right shapes: the quick way for passes that return the two lists."""
    if s.errors:
        return False
    pairs = zip((*s.dl_dweights, *s.dl_dbiases), (*s.weights, *s.biases), strict=True)
    return all(part.shape == wanted.shape for part, wanted in pairs)


def flat(s: Work) -> list[Array]:
    """dW[0], db[0], dW[1], ... each as one row."""
    return [part.ravel() for pair in zip(s.dl_dweights, s.dl_dbiases, strict=True) for part in pair]


def _lists(returned: Any) -> tuple[list[Array], list[Array]]:
    """The two lists of arrays that have been found to be such."""
    weights, biases = returned
    return list(weights), list(biases)


def _misshapen(returned: object, s: Work) -> Malformed | None:
    if not isinstance(returned, tuple | list) or len(returned) != len(PARTS):
        return Malformed("return", received=_describe_found(returned))
    for name, part, wanted in zip(PARTS, returned, (s.weights, s.biases), strict=True):
        # An array where a list should be is a sequence of its rows.
        members = list(part) if isinstance(part, tuple | list | np.ndarray) else None
        if members is None or len(members) != len(wanted):
            form = ReceivedForm("ndarray", part.shape) if isinstance(part, np.ndarray) else _describe_found(part)
            return Malformed(name, wanted=len(wanted), received=form)
        for k, (member, right) in enumerate(zip(members, wanted, strict=True)):
            if not isinstance(member, np.ndarray) or member.shape != right.shape:
                return Malformed(name, k, right.shape, _describe_found(member))
    return None


def _describe_found(value: Any) -> ReceivedForm:
    if isinstance(value, np.ndarray):
        # A number by itself is one of NumPy's scalars in another's code, and no array.
        return (
            ReceivedForm("float64")
            if value.shape == () and value.dtype == np.float64
            else ReceivedForm(shape=value.shape)
        )
    if isinstance(value, tuple | list):
        return ReceivedForm("list", length=len(value))
    return ReceivedForm(type(value).__name__)


def alike(answer: Malformed) -> Malformed:
    """The answer with what is a matter of style left out."""
    shape = answer.received
    if shape is None or shape.type != "tuple" or shape.length is None:
        return answer
    return replace(answer, received=replace(shape, type="list"))
