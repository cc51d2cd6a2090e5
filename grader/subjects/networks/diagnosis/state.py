"""State kept from one call to the next: answers that depend on the calls before."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from grader.oracle.answers import Malformed, ReceivedForm, Returned
from grader.oracle.network import Array
from grader.subjects.networks.diagnosis.bug import Bug, Where
from grader.subjects.networks.diagnosis.case import Case, near
from grader.subjects.networks.diagnosis.fit import Fit
from grader.subjects.networks.diagnosis.forms import alike, flat
from grader.subjects.networks.diagnosis.lines import RIGHT, run

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
    "appends to lists that are kept from one call to the next",
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
    "Call your function twice with the same arguments. Does it keep something, or draw random numbers?",
    "Use no global list, no mutable default argument and no random number: make every array inside the function.",
)


def state(case: Case) -> list[Fit]:
    """Right answers that are added up, repeated, or appended to one another."""
    if len(case.returned) < len(case.answers):
        return [Fit((GROWS,))] if _grows(case) else []
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


def _grows(case: Case) -> bool:
    """Right at the first call for each K; at the next ones lists of twice the length, three times, and so on."""
    calls = Counter[int]()
    for i, (sizes, answer) in enumerate(zip(case.suite.sizes, case.answers, strict=True)):
        layers = len(sizes) - 1
        calls[layers] += 1
        if calls[layers] == 1:
            if not isinstance(answer, Returned) or i in case.wrong:
                return False
        elif not (
            isinstance(answer, Malformed)
            and (answer.index, answer.wanted) == (None, layers)
            and alike(answer).received == ReceivedForm("list", length=layers * calls[layers])
        ):
            return False
    return True
