"""State kept from one call to the next: answers that depend on the calls before."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from grader.oracle.answers import Answer, Malformed, ReceivedForm, Returned
from grader.oracle.network import Array
from grader.subjects.networks.diagnosis.bug import Bug, Where
from grader.subjects.networks.diagnosis.case import EVIDENCE, Case, misfit_degree, near
from grader.subjects.networks.diagnosis.fit import Fit
from grader.subjects.networks.diagnosis.forms import Clue, alike, answer, clues, flat
from grader.subjects.networks.diagnosis.lines import RIGHT, run
from grader.subjects.networks.diagnosis.predictions import PredictedForm

ACCUMULATES = Bug(
    "accumulates",
    "adds the gradients of every call to those of the calls before",
    Where.WHOLE,
    (),
    "Call your function twice with the same arguments. Where are the arrays made that it adds to?",
    "Make all_dl_dweights and all_dl_dbiases anew inside the function: no global and no default argument keeps them.",
    fails=(),
)

GROWS = Bug(
    "lists_grow",
    "adds to lists that are kept from one call to the next",
    Where.WHOLE,
    (),
    "Call your function twice with the same arguments. How long are the lists it returns the second time?",
    "Make both lists anew inside the function: a global list or a default argument such as [] is made only once.",
)

REMEMBERS = Bug(
    "returns_earlier_answer",
    "returns the answer to an earlier network of the same shape",
    Where.WHOLE,
    (),
    "Call your function with other numbers in arrays of the same shapes. Does the answer change?",
    "Compute everything anew at every call: nothing may be kept by shape.",
    fails=(),
)

KEEPS = Bug(
    "state_between_calls",
    "answers the same network differently when it is asked again",
    Where.WHOLE,
    (),
    "Call your function twice with the same arguments. Does it keep something, draw random numbers, or read memory that"
    " nothing was written to, such as np.empty or where= without out= returns?",
    "Use no global list, no mutable default argument and no random number: make every array inside the function, and"
    " fill all of it.",
)

#: The same state, where answers given twice agree, and one given first by a process is another.
DEPENDS = Bug(
    "state_between_calls",
    "answers a network differently after other networks than in a fresh process",
    Where.WHOLE,
    (),
    "Call your function for one network in a fresh process, and again after a call for another network. What does it"
    " keep from one call to the next?",
    KEEPS.strong,
    fails=(),
)

#: Of the networks after the first, at most one in so many is right by what was kept.
_RIGHT_LATER = 10


KEEPS_DERIVATIVE = Bug(
    "derivative_kept",
    "goes by the activation's derivative of an earlier network",
    Where.WHOLE,
    (),
    "Call your function twice, with other numbers the second time. Is the activation's derivative computed anew?",
    "Take the derivative at the all_f that the function is given: keep nothing by the layer's number from one call to"
    " the next.",
    fails=("relu_derivative",),
)


def state(case: Case) -> list[Fit]:
    """Right answers that are added up, repeated, or appended to one another; or parts of earlier ones."""
    return _find_sums_and_repeats(case) or ([Fit((DEPENDS,), complete=True)] if _is_right_only_at_first(case) else [])


def _is_right_only_at_first(case: Case) -> bool:
    """True if the first network of each K is right, for which the module is new, and hardly any other one.

    A wrong line is right on a tenth of the networks by chance; not on all of those that come first. Who knows some of
    the networks by heart is wrong on the others in a fresh process, too.
    """
    first = {len(sizes): i for i, sizes in reversed(list(enumerate(case.suite.sizes)))}.values()
    later = len(case.answers) - len(first)
    right = later - len(case.wrong.difference(first))
    seems_kept = len(first) >= EVIDENCE and case.wrong.isdisjoint(first) and _RIGHT_LATER * right <= later
    return seems_kept and not case.fails_alone()


def _find_sums_and_repeats(case: Case) -> list[Fit]:
    if _keeps_derivative(case):
        return [Fit((KEEPS_DERIVATIVE,), complete=True)]
    if len(case.returned) < len(case.answers):
        if _grows(case):
            return [Fit((GROWS,))]
        return [Fit((ACCUMULATES,), complete=True)] if _accumulates_misfits(case) else []
    first = {sizes: i for i, sizes in reversed(list(enumerate(case.suite.sizes)))}
    if case.wrong & set(first.values()):
        # What is asked about first is answered rightly by all of them.
        return []
    rights = [flat(run(RIGHT, view)) for view in case.predictions.views]
    right, biases = np.concatenate([part for parts in rights for part in parts]), case.biases
    kept_by_shape = ((ACCUMULATES, _sums(case, rights)), (REMEMBERS, _firsts(case, rights)))
    for bug, predictions in (*kept_by_shape, (ACCUMULATES, _runs(case, rights))):
        kept = np.concatenate(list(predictions))
        # Of the biases or the weights alone, too, while the others are right.
        for predicted in (kept, np.where(biases, kept, right), np.where(biases, right, kept)):
            if near(predicted, case.got, case.floor):
                return [Fit((bug,), complete=True)]
    return []


def _sums(case: Case, rights: Sequence[list[Array]]) -> Iterator[Array]:
    """Each answer with those to all networks of the same shape before it."""
    sums: dict[tuple[int, ...], list[Array]] = {}
    for sizes, parts in zip(case.suite.sizes, rights, strict=True):
        before = sums.get(sizes)
        sums[sizes] = parts if before is None else [old + new for old, new in zip(before, parts, strict=True)]
        yield from sums[sizes]


def _runs(case: Case, rights: Sequence[list[Array]]) -> Iterator[Array]:
    """Each answer with those just before it of the same K, as long as their shape was the same."""
    last: dict[int, tuple[tuple[int, ...], list[Array]]] = {}
    for sizes, parts in zip(case.suite.sizes, rights, strict=True):
        before, sums = last.get(len(sizes), ((), []))
        mine = [old + new for old, new in zip(sums, parts, strict=True)] if tuple(sizes) == before else parts
        last[len(sizes)] = tuple(sizes), mine
        yield from mine


def _firsts(case: Case, rights: Sequence[list[Array]]) -> Iterator[Array]:
    """The answer to the first network of each shape."""
    first: dict[tuple[int, ...], list[Array]] = {}
    for sizes, parts in zip(case.suite.sizes, rights, strict=True):
        yield from first.setdefault(sizes, parts)


def _keeps_derivative(case: Case) -> bool:
    """True if every answer is that of the right lines with the derivatives of the first network of the same K."""
    if case.numbers < EVIDENCE:
        return False
    first: dict[int, tuple[Array, ...]] = {}
    for i, view in enumerate(case.predictions.views):
        slopes = first.setdefault(len(view.f), view.slopes)
        s = run(RIGHT, replace(view, slopes=slopes))
        made = answer(RIGHT, s)
        if not _is_same(case, i, made, frozenset(clues(s, made if isinstance(made, Malformed) else None))):
            return False
    return True


def _is_same(case: Case, i: int, made: Answer, possible: frozenset[Clue]) -> bool:
    """True if this is what came back about network `i`, or failed in the same way."""
    given = case.answers[i]
    if isinstance(given, Returned):
        mine = slice(case.suite.starts[i], case.suite.starts[i + 1])
        return isinstance(made, Returned) and near(made.numbers, given.numbers, case.floor[mine])
    return misfit_degree(given, RIGHT, PredictedForm(made, possible)) is not None


def _accumulates_misfits(case: Case) -> bool:
    """True if every answer is the sum of all to the same K so far, where NumPy can add them up at all."""
    if case.numbers < EVIDENCE:
        return False
    return any(
        all(_is_same(case, i, made, possible) for i, (made, possible) in enumerate(_add_up(case, order)))
        for order in _ORDERS
    )


#: The orders in which a layer's arrays may be kept: one after the other, or both at once.
_ORDERS = ((("weights",), ("biases",)), (("biases",), ("weights",)), (("weights", "biases"),))


def _add_up(case: Case, order: Sequence[Sequence[str]]) -> Iterator[tuple[Answer, frozenset[Clue]]]:
    """The answers of a function that adds to what it keeps from the output down, until an array does not fit."""
    kept: dict[tuple[int, int, str], Array] = {}
    for view in case.predictions.views:
        s = run(RIGHT, view)
        lists = {"weights": s.dl_dweights, "biases": s.dl_dbiases}
        try:
            for k in range(s.top, -1, -1):
                for names in order:
                    sums = {(s.top, k, name): kept.get((s.top, k, name), 0.0) + lists[name][k] for name in names}
                    kept |= sums
                    for (_, _, name), array in sums.items():
                        lists[name][k] = array
        except ValueError as error:
            s.errors.append(error)
        made = answer(RIGHT, s)
        yield made, frozenset(clues(s, made if isinstance(made, Malformed) else None))


def _grows(case: Case) -> bool:
    """Right at the first call for each K; at the next ones lists of twice the length, three times, and so on."""
    calls = Counter[int]()
    for i, (sizes, given) in enumerate(zip(case.suite.sizes, case.answers, strict=True)):
        layers = len(sizes) - 1
        calls[layers] += 1
        if calls[layers] == 1:
            if not isinstance(given, Returned) or i in case.wrong:
                return False
        elif not (
            isinstance(given, Malformed)
            and (given.index, given.wanted) == (None, layers)
            and alike(given).received == ReceivedForm("list", length=layers * calls[layers])
        ):
            return False
    return True
