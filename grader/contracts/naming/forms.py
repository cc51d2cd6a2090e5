"""Claims about shapes: what comes instead of a result has as many numbers in other axes, or an axis more or less."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import prod
from types import MappingProxyType

import numpy as np

from backmark.grader.contracts.cases.answers import Answer, Malformed, Returned
from backmark.grader.contracts.cases.arrays import Array, Booleans
from backmark.grader.contracts.cases.form_words import differs_by_ones
from backmark.grader.contracts.naming.claim import NumberClaim
from backmark.grader.contracts.naming.group import Group
from backmark.grader.contracts.naming.numeric import TRANSPOSED

Shape = tuple[int, ...]

#: Cases that a claim about shapes needs.
_CASES = 3

_HINT = "Print the shape of your {name} and compare it with the expected one. What does each axis stand for?"


#: By claim the shapes that the mistake leaves as they are: what has such a shape may be right beside it.
_SPARED: Mapping[str, Callable[[Shape], bool]] = MappingProxyType(
    {"lacks_axis_of_1": lambda wanted: 1 not in wanted, "flat": lambda wanted: len(wanted) == 1}
)


def find_forms(
    group: Group, answers: Sequence[Answer], got: Array, wrong: Booleans, *, transposed: bool
) -> NumberClaim | None:
    """Return the claim about the shapes of a group's results, if one holds wherever they have no numbers.

    `wrong` and `transposed`: numbers are; its square arrays are.
    """
    shapes = _list_shapes(group, answers, got)
    if shapes is None or len(shapes) < _CASES:
        return None
    every = len(shapes) == len(group.places)
    there = np.isfinite(got[group.index])
    others = [] if every or wrong[group.index[there]].any() else _list_kept(group, got)
    reverse = all(received == wanted[::-1] for wanted, received in shapes) and (group.reversed[there] >= 0).all()
    if reverse and transposed:
        return TRANSPOSED
    kinds: Mapping[NumberClaim, Callable[[Shape, Shape], bool]] = {
        NumberClaim("extra_axis_of_1", "with extra axes of length 1", _HINT): _has_extra_ones,
        NumberClaim("lacks_axis_of_1", "without its axes of length 1", _HINT): lambda a, b: _has_extra_ones(b, a),
        NumberClaim("flat", "as a flat array", _HINT): lambda wanted, received: received == (prod(wanted),),
        NumberClaim("axis_more", "with one axis too many", _HINT): _has_extra_axis,
        NumberClaim("axis_less", "with one axis too few", _HINT): lambda a, b: _has_extra_axis(b, a),
    }
    turned = NumberClaim("reversed_shape", "with its axes in reverse order", _HINT)
    if reverse:
        return turned
    for claim, holds in kinds.items():
        spared = _SPARED.get(claim.id)
        explained = every or (spared is not None and bool(others) and all(map(spared, others)))
        if explained and all(holds(wanted, received) for wanted, received in shapes):
            return claim
    if every and all(prod(wanted) == prod(received) for wanted, received in shapes):
        return NumberClaim("other_axes", "with the right number of entries in the wrong shape", _HINT)
    return None


def _list_shapes(group: Group, answers: Sequence[Answer], got: Array) -> list[tuple[Shape, Shape]] | None:
    """Return the wanted and the received shapes of results without numbers; None if one of these is not known."""
    return None if (pairs := list(_pair_shapes(group, answers, got))) and None in pairs else [p for p in pairs if p]


def _pair_shapes(group: Group, answers: Sequence[Answer], got: Array) -> Iterator[tuple[Shape, Shape] | None]:
    start = 0
    for i, expression, shape in group.places:
        size = prod(shape)
        own = got[group.index[start : start + size]]
        start += size
        answer = answers[i]
        if not size or not np.isnan(own).all():
            continue
        form = _find(answer, expression)
        received = None if form is None or form.received is None else form.received.shape
        yield None if received is None or received == shape else (shape, received)


def _find(answer: Answer, expression: str) -> Malformed | None:
    """Return the form of a result in an answer; None if it is not known."""
    if isinstance(answer, Returned):
        return None
    forms = answer.forms or ((answer,) if isinstance(answer, Malformed) else ())
    return next((form for form in forms if form.where == expression), None)


def _list_kept(group: Group, got: Array) -> list[Shape]:
    """Return the shapes of results that have numbers."""
    kept, start = [], 0
    for _, _, shape in group.places:
        size = prod(shape)
        if not np.isnan(got[group.index[start : start + size]]).all():
            kept.append(shape)
        start += size
    return kept


def _has_extra_ones(wanted: Shape, received: Shape) -> bool:
    return differs_by_ones(wanted, received) and len(received) > len(wanted)


def _has_extra_axis(wanted: Shape, received: Shape) -> bool:
    return len(received) == len(wanted) + 1 and any(
        received[:axis] + received[axis + 1 :] == wanted for axis in range(len(received))
    )
