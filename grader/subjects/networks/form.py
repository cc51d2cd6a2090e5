"""The form of what was returned: two lists in the order that was asked for, each array in its shape."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from grader.judge.agreement import disagreeing
from grader.judge.row import Row
from grader.model.verdict import Mark
from grader.oracle.answers import Answer, Malformed, Returned
from grader.oracle.network import Array
from grader.oracle.suite import Suite
from grader.subjects.networks import wording
from grader.subjects.networks.evidence import Evidence, ReturnedForm


def form(suite: Suite, answers: Sequence[Answer], evidence: Mapping[int, Evidence]) -> Row:
    """`form`: failed on each network for which something else was returned; not run if nothing ever was."""
    returned = sum(isinstance(answer, Returned | Malformed) for answer in answers)
    malformed = [
        (i, answer) for i, answer in enumerate(answers) if isinstance(answer, Malformed) and not answer.overflowed
    ]
    if not returned:
        return Row(Mark.NOT_RUN, 0, wording.NOTHING_RETURNED)
    if not malformed:
        return Row(Mark.PASSED, returned, "")
    failing = tuple(i for i, _ in malformed)
    unread = {evidence[i].form for i in failing if i in evidence and not _readable(suite, i, evidence)}
    readable = {evidence[i].form for i in failing if _readable(suite, i, evidence)}
    if unread & {ReturnedForm.PLAIN, ReturnedForm.REVERSED, ReturnedForm.OTHER}:
        # An array that has too few numbers on some networks is in another shape by chance on the others.
        readable -= _TURNED.keys()
    if len(failing) < min(_BEYOND_CHANCE, returned):
        # So are a few arrays of other shapes that fit two lists in another order.
        readable.difference_update(_IN_ANOTHER_ORDER)
    message = wording.other_form(malformed[0][1], readable, unread)
    return Row(Mark.FAILED, returned, message, failing, disagreeing)


#: Networks on which lists in another order are not there by chance.
_BEYOND_CHANCE = 3


def in_one_order(suite: Suite, evidence: Mapping[int, Evidence]) -> dict[int, Evidence]:
    """The evidence, with networks that fit two forms read in that of the others, if those have only one."""
    ambiguous: dict[int, Evidence] = {}
    if not any(observed.form == ReturnedForm.REPLACED for i, observed in evidence.items() if max(suite.sizes[i]) > 1):
        # Where all arrays are single numbers, a list was taken for another one by its name alone.
        ambiguous = {i: observed for i, observed in evidence.items() if observed.form == ReturnedForm.REPLACED}
        evidence = {i: observed for i, observed in evidence.items() if i not in ambiguous}
    for form in _IN_ANOTHER_ORDER:
        twofold = {i for i, observed in evidence.items() if _fits_both(observed.form, form, suite.sizes[i])}
        if {observed.form for i, observed in evidence.items() if i not in twofold and observed.ended} == {form}:
            readable = _TURNED.keys() if form in _TURNED else {ReturnedForm.PLAIN}
            ordered = {
                i: _reorder(observed, form, suite.sizes[i]) if i in twofold and observed.form in readable else observed
                for i, observed in evidence.items()
            }
            # Their single numbers came in that order, too.
            return ordered | {i: _without_numbers(observed, form, suite.sizes[i]) for i, observed in ambiguous.items()}
    return {i: _read_without_order(observed, suite.sizes[i]) for i, observed in evidence.items()}


def read_like(evidence: Evidence, other: Evidence, sizes: Sequence[int]) -> Evidence:
    """The evidence in the form of another network's of the same sizes; both may fit where these are a palindrome."""
    plain = other.form in {ReturnedForm.PLAIN, ReturnedForm.OTHER}
    return _read_without_order(evidence, sizes) if plain else evidence


def _read_without_order(evidence: Evidence, sizes: Sequence[int]) -> Evidence:
    """The evidence of lists that some networks seem to have in another order, and others have not."""
    match evidence.form:
        case ReturnedForm.WEIGHTS_REVERSED | ReturnedForm.BIASES_REVERSED:
            # The weights may be transposed where the sizes are the same from either end.
            plain = _turn(evidence, ReturnedForm.PLAIN, sizes)
            fits = set(plain.status[: 2 * len(sizes) - 2]) <= {"1", "2"}
            return plain if fits else replace(plain, form=ReturnedForm.OTHER)
        case ReturnedForm.PAIRS if len(sizes) != 3:
            return evidence
        case ReturnedForm.REVERSED | ReturnedForm.PAIRS:
            return _unread(evidence)
    return evidence


def _fits_both(observed: ReturnedForm, form: ReturnedForm, sizes: Sequence[int]) -> bool:
    """True if what was read in the one form has the same shapes in the other."""
    if observed == form:
        return False
    match form:
        case ReturnedForm.SWAPPED:
            # All layers have one input.
            return set(sizes[:-1]) == {1}
        case ReturnedForm.PAIRS:
            return len(sizes) == 3 and sizes[1:] == (1, 1)
    if (observed, form) == (ReturnedForm.BIASES_REVERSED, ReturnedForm.REVERSED) and sizes == sizes[::-1]:
        # What is turned and transposed, too, has the shapes that were asked for.
        return True
    weights, biases = _find_turned(observed, form)
    return (not weights or _is_alternating(sizes)) and (not biases or sizes[1:] == sizes[:0:-1])


def _is_alternating(sizes: Sequence[int]) -> bool:
    """True if the weights have the same shapes from either end: two sizes by turns, and an even number of them."""
    return len({*sizes[::2]}) == len({*sizes[1::2]}) == 1 and (sizes[0] == sizes[1] or len(sizes) % 2 == 0)


def _find_turned(observed: ReturnedForm, form: ReturnedForm) -> tuple[bool, bool]:
    """For dW and db, True if the list goes from one end in one form and from the other end in the other."""
    before, after = (_TURNED.get(which, (False, False)) for which in (observed, form))
    return before[0] != after[0], before[1] != after[1]


#: The forms of lists of layers, each with True for the one of dW and db that goes from the output layer down.
_TURNED = {
    ReturnedForm.PLAIN: (False, False),
    ReturnedForm.REVERSED: (True, True),
    ReturnedForm.WEIGHTS_REVERSED: (True, False),
    ReturnedForm.BIASES_REVERSED: (False, True),
}

_IN_ANOTHER_ORDER = (
    ReturnedForm.SWAPPED,
    ReturnedForm.REVERSED,
    ReturnedForm.WEIGHTS_REVERSED,
    ReturnedForm.BIASES_REVERSED,
    ReturnedForm.PAIRS,
)

#: Forms in which an array of the right shape may stand in another one's place.
MISPLACED = frozenset({*_IN_ANOTHER_ORDER, ReturnedForm.MISTAKEN, ReturnedForm.REPLACED, ReturnedForm.TWICE})

#: The forms of what needs no other reading than the one that was asked for, or has none.
AS_IT_CAME = frozenset({"plain", "other", "none"})


def _reorder(evidence: Evidence, form: ReturnedForm, sizes: Sequence[int]) -> Evidence:
    """The evidence of two lists as if they had come in this form."""
    if form in _TURNED:
        return _turn(evidence, form, sizes)
    count = len(sizes) - 1
    places = list(range(2 * count))
    # Of two pairs of layers, dW[0] and db[0] are the first list, dW[1] and db[1] the second.
    order = [*places[count:], *places[:count]] if form == ReturnedForm.SWAPPED else [*places[::2], *places[1::2]]
    lengths = [a * b for a, b in pairwise(sizes)] + list(sizes[1:])
    parts = np.split(evidence.numbers, np.cumsum(lengths))
    return replace(
        evidence,
        form=form,
        status="".join(evidence.status[at] for at in order) + evidence.status[2 * count :],
        numbers=np.concatenate([*(parts[at] for at in order), parts[-1]]),
    )


def _turn(evidence: Evidence, form: ReturnedForm, sizes: Sequence[int]) -> Evidence:
    """The evidence in this form; an array that has another shape in its other place is something else there."""
    count, weights = len(sizes) - 1, list(zip(sizes[1:], sizes[:-1], strict=True))
    shapes = [*weights, *((rows, 1) for rows in sizes[1:])]
    parts = np.split(evidence.numbers, np.cumsum([rows * columns for rows, columns in shapes]))
    order = [
        at
        for start, turned in zip((0, count), _find_turned(evidence.form, form), strict=True)
        for at in (range(start + count - 1, start - 1, -1) if turned else range(start, start + count))
    ]
    status = [_fit(evidence.status[at], shapes[at], wanted) for at, wanted in zip(order, shapes, strict=True)]
    numbers = [
        parts[at] if kind in "12" else np.full(rows * columns, np.nan)
        for at, kind, (rows, columns) in zip(order, status, shapes, strict=True)
    ]
    return replace(
        evidence,
        form=form,
        status="".join(status) + evidence.status[2 * count :],
        numbers=np.concatenate([*numbers, parts[-1]]),
    )


def _fit(status: str, shape: tuple[int, int], wanted: tuple[int, int]) -> str:
    """The status of an array of this shape, or of as many numbers, where another shape is wanted."""
    if status not in "12" or shape == wanted:
        return status
    return "2" if shape == wanted[::-1] and 1 in shape else "3"


def _unread(evidence: Evidence) -> Evidence:
    """The evidence of something else than the two lists."""
    count = len(evidence.status) // 2
    return replace(evidence, form=ReturnedForm.OTHER, status="3" * count + evidence.status[count:])


def _without_numbers(evidence: Evidence, form: ReturnedForm, sizes: Sequence[int]) -> Evidence:
    """The evidence of two lists in this form of which nothing could be read."""
    count = sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes))
    numbers = np.concatenate([np.full(count, np.nan), evidence.numbers[count:]])
    return replace(_unread(evidence), form=form, numbers=numbers)


def normalize_forms(suite: Suite, answers: Sequence[Answer], evidence: Mapping[int, Evidence]) -> list[Answer]:
    """The answers, those of another form as if they had the one that was asked for; NaN for what cannot be read."""
    return [_normalize_form(suite, i, answer, evidence) for i, answer in enumerate(answers)]


def _normalize_form(suite: Suite, i: int, answer: Answer, evidence: Mapping[int, Evidence]) -> Answer:
    malformed = isinstance(answer, Malformed) and not answer.overflowed
    misplaced = malformed or (isinstance(answer, Returned) and i in evidence and evidence[i].form in MISPLACED)
    if not misplaced or i not in evidence or not evidence[i].ended:
        return answer
    readable = bool(set(evidence[i].status[: 2 * len(suite.sizes[i]) - 2]) & {"1", "2"})
    return answer if malformed and not readable else Returned(_gradient(suite, i, evidence))


def _readable(suite: Suite, i: int, evidence: Mapping[int, Evidence]) -> bool:
    """True if all of what was returned about network `i` can be read."""
    return i in evidence and evidence[i].ended and set(evidence[i].status[: 2 * len(suite.sizes[i]) - 2]) <= {"1", "2"}


def _gradient(suite: Suite, i: int, evidence: Mapping[int, Evidence]) -> Array:
    """The arrays returned about network `i` as dW[0], db[0], dW[1] and so on."""
    sizes, numbers = suite.sizes[i], evidence[i].numbers
    weight, bias = 0, sum(a * b for a, b in pairwise(sizes))
    parts = []
    for inputs, outputs in pairwise(sizes):
        parts += [numbers[weight : weight + inputs * outputs], numbers[bias : bias + outputs]]
        weight, bias = weight + inputs * outputs, bias + outputs
    return np.concatenate(parts)
