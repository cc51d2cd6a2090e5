"""The checks by which a contract may be used: each result is put to the test, and nothing trivial earns its marks."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np

from backmark.grader.contracts.cases.answers import Returned
from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.cases.drawn import load_cases
from backmark.grader.contracts.cases.exchange import ContractExchange
from backmark.grader.contracts.cases.layers import LayersError, find_layers
from backmark.grader.contracts.judging.revision import ContractRevision, dump
from backmark.grader.contracts.language.assignment import ContractAssignment, assignment_from_json
from backmark.grader.contracts.naming.mistakes import Projector, StoredMistake
from backmark.grader.contracts.publishing.building import Built, build
from backmark.grader.contracts.publishing.proof import find_held
from backmark.grader.contracts.publishing.solutions import Tried
from backmark.grader.contracts.publishing.workshop import Workshop
from backmark.grader.contracts.rows.results import RowFails
from backmark.grader.errors import BadAssignment, SubmissionError

#: Numbers that put a result with marks to the test, and cases that have such: fewer are no evidence.
_ENTRIES, _CASES = 50, 10
#: A number is put to the test if its tolerance is smaller than this part of it.
_SHARP = 1e-4
#: The part of a row's numbers that may be inconclusive.
_INCONCLUSIVE = 0.5


def finish(data: bytes, workshop: Workshop, *, pool: bool = False) -> bytes:
    """Return drawn cases as a revision, with the faults for which it may not be used; raises BadAssignment.

    Of a pool of fresh cases only what judges them is worked out: what an assignment promises, its own cases prove.
    """
    text, drawn, ladder = load_cases(data)
    assignment = assignment_from_json(text)
    with np.errstate(all="ignore"):
        # An author's code may answer with infinities.
        built = build(_reduce(assignment) if pool else assignment, drawn, ladder, workshop, pool=pool)
    if not pool:
        assignment = replace(assignment, listed=built.listed)
    if assignment.template and not pool:
        assignment = replace(assignment, unfilled=_read_template(assignment, workshop))
    if assignment.drawing:
        try:
            find_layers(assignment, built.cases.join(built.ladder))
        except LayersError as error:
            raise BadAssignment(str(error)) from error
    projector = Projector(built.cases)
    with np.errstate(all="ignore"):
        mistakes = {
            identifier: StoredMistake(tried.wrong, _round(projector.project(tried.numbers, tried.forms)), tried.forms)
            for identifier, tried in built.mistakes.items()
        }
    drawn_revision = ContractRevision(
        *(assignment, built.cases, built.ladder, built.probes, mistakes),
        conventions=built.conventions,
        outside=built.outside,
    )
    if pool:
        return dump(drawn_revision)
    faults = tuple(find_faults(assignment, built))
    return dump(replace(drawn_revision, faults=faults, statements=built.statements))


def _reduce(assignment: ContractAssignment) -> ContractAssignment:
    """Return an assignment without what needs no more than a revision's own cases.

    A pool has more cases than a revision: for all of them a solution has the workshop's seconds, for each the same.
    No mistake is named by it.
    """
    return replace(assignment, rows=(), mistakes=(), check=None, limits=replace(assignment.limits, seconds=math.inf))


def _read_template(assignment: ContractAssignment, workshop: Workshop) -> str:
    """Return the fingerprint of the unfilled function; raises BadAssignment if the template lacks it."""
    try:
        return workshop.fingerprint(assignment.template, "template.py", ContractExchange(assignment))
    except SubmissionError as error:
        message = f"template.py: {error}"
        raise BadAssignment(message) from error


def _round(numbers: Array) -> Array:
    """Return numbers as they are stored: in single precision."""
    return numbers.astype(np.float32).astype(np.float64)


def find_faults(assignment: ContractAssignment, built: Built) -> Iterator[str]:
    """Yield the reasons for which an assignment may not be used, each a sentence without its full stop."""
    cases = built.cases
    for row in dict.fromkeys(result.row for result in assignment.results):
        owned = RowFails(assignment, row).owns(cases)
        yield from _find_row_faults(assignment, cases, row, owned)
    yield from _find_inseparable(cases, built.mistakes)
    yield from find_held(built.statements)


def _find_row_faults(
    assignment: ContractAssignment, cases: ContractCases, row: str, owned: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
) -> Iterator[str]:
    expected, allowed = cases.expected[owned], cases.tolerances[owned]
    if not len(expected):
        yield f"no case has a result of the row {row}: widen its dims"
        return
    known = np.isfinite(expected)
    if np.mean(~known) > _INCONCLUSIVE:
        yield f"{np.mean(~known):.0%} of the numbers of {row} are inconclusive: draw values that keep away from kinks"
        return
    if not assignment.rubric.get(row, 0):
        return
    sharp = np.zeros(len(cases.expected), bool)
    with np.errstate(invalid="ignore"):
        sharp[owned] = known & (allowed < _SHARP * np.abs(expected))
    spread = sum(bool(sharp[start:stop].any()) for start, stop in zip(cases.starts, cases.starts[1:], strict=False))
    if assignment.dtype == "float32" and np.any(expected) and not sharp.any():
        yield (
            f"single precision is too coarse to test `{row}`, because its noise is larger than the result: draw larger"
            " values, or give the row no marks"
        )
    elif sharp.sum() < _ENTRIES or spread < _CASES:
        yield (
            f"too few numbers test `{row}`: {int(sharp.sum())} in {spread} cases, where {_ENTRIES} in {_CASES} are"
            " needed. Widen its dims, draw more cases, or give the row no marks"
        )
    for name, number in (("zeros", 0.0), ("ones", 1.0)):
        answers = [Returned(np.full(stop - start, number)) for start, stop in pairwise(cases.starts)]
        if not any(RowFails(assignment, row)(cases, answers)):
            yield f"{name} in every place earn the marks of {row}: draw other values, or give it no marks"


def _find_inseparable(cases: ContractCases, mistakes: Mapping[str, Tried]) -> Iterator[str]:
    """Yield pairs of mistakes that answer alike on every case."""
    for (first, first_tried), (second, second_tried) in combinations(mistakes.items(), 2):
        with np.errstate(invalid="ignore"):
            apart = ~(np.abs(first_tried.numbers - second_tried.numbers) <= 2 * cases.tolerances)
        same_nan = np.isnan(first_tried.numbers) & np.isnan(second_tried.numbers)
        if first_tried.wrong and not (apart & ~same_nan & ~np.isnan(cases.expected)).any():
            yield f"the mistakes {first} and {second} give the same numbers on every case: leave one of them out"
