"""The rows of a contract's verdict: each declared result is right or wrong by itself, whatever became of the others."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from backmark.grader.contracts.cases.answers import Answer, Cause, Malformed, Raised, Returned
from backmark.grader.contracts.cases.arrays import Booleans
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.cases.exchange import join_numbers, numbers_of
from backmark.grader.contracts.cases.form_words import (
    describe_form,
    describe_shape,
    differs_by_ones,
    is_of_other_numbers,
)
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.rows import wording
from backmark.grader.contracts.rows.agreement import AGREEMENT, PARAMETERS, PURE, find_wrong
from backmark.grader.contracts.rows.row import Row, RowSpec
from backmark.grader.model.reason import Explainer, Reason
from backmark.grader.model.verdict import Mark
from backmark.grader.model.words import join_words

#: What may come in the place of numbers beside an exception, whose type a Python name cannot be; sorts that are told.
_FORM, _ABSENT, _MISSING = " form", " absent", " missing"
_MOST_SORTS = 2
#: What comes in the place of a result in one of so many cases is a small slip.
_SELDOM = 3
#: A small slip costs one in so many marks.
_SHARE_OF_SMALL = 10


def list_rows(assignment: ContractAssignment, *, by_results: bool | None = None) -> tuple[RowSpec, ...]:
    """Return the rows: agreement, those of statements, one for each name that the results have, and purity.

    The marks are those of the results (`by_results`) or of the statements; by default of the latter if there are any.
    """
    marks = assignment.rubric
    counted = not assignment.rows if by_results is None else by_results
    titles: dict[str, str] = {}
    for result in assignment.results:
        titles.setdefault(result.row, result.title)
    return (
        RowSpec(AGREEMENT, "Agrees with finite differences", marks.get(AGREEMENT, 0)),
        *(RowSpec(row.name, row.title, 0 if counted else row.marks) for row in assignment.rows),
        *(RowSpec(name, title, marks.get(name, 0) if counted else 0) for name, title in titles.items()),
        RowSpec(PURE, "Does not modify its inputs, and gives the same answer every time", marks.get(PURE, 0)),
        *([RowSpec(PARAMETERS, "Has the homework's parameters", marks[PARAMETERS])] if marks.get(PARAMETERS) else ()),
    )


@dataclass(frozen=True)
class RowFails:
    """The test that cases fail a row: any number of its results is wrong."""

    assignment: ContractAssignment
    row: str

    def __call__(self, cases: ContractCases, answers: Sequence[Answer]) -> list[bool]:
        """Return for each answered case True if it fails."""
        return cases.contain_any(all_wrong(cases, answers) & self.owns(cases))[: len(answers)]

    def owns(self, cases: ContractCases) -> Booleans:
        """Return for each number True if it belongs to the row."""
        mine = np.array([result.row == self.row for result in self.assignment.results])
        owned: Booleans = mine[cases.results]
        return owned


def all_wrong(cases: ContractCases, answers: Sequence[Answer]) -> Booleans:
    """For each number True if it is wrong, or is not there; numbers of answers in parts count for themselves."""
    return find_wrong(join_numbers(answers, cases.starts), cases.expected, cases.tolerances)


def judge_rows(assignment: ContractAssignment, cases: ContractCases, answers: Sequence[Answer]) -> dict[str, Row]:
    """Return the row of each result: on how many cases it is wrong, and how."""
    rows = {}
    for name in dict.fromkeys(result.row for result in assignment.results):
        fails = RowFails(assignment, name)
        failing = tuple(i for i, failed in enumerate(fails(cases, answers)) if failed)
        tested = sum(cases.contain_any(fails.owns(cases)))
        message = ""
        if failing:
            counted = wording.tally(len(failing), tested)
            message = _explain_lacking(fails, cases, answers, failing) or counted + _explain(
                fails, cases, answers, failing
            )
        mark = Mark.FAILED if failing else Mark.PASSED
        rows[name] = Row(mark, tested, message, failing, fails, reason=Reason(Explainer.RESULTS))
    return rows


def any_differs_by_ones(answers: Sequence[Answer]) -> bool:
    """Return True if a result has axes of length 1 too many or too few in any answer."""
    return any(
        form.wanted is not None
        and form.received is not None
        and form.received.shape is not None
        and differs_by_ones(form.received.shape, form.wanted)
        for answer in answers
        for form in _list_forms(answer)
    )


def keep_rows(
    assignment: ContractAssignment,
    rows: Mapping[str, Row],
    slips: Sequence[tuple[Reason, Collection[str]]],
) -> dict[str, Row]:
    """Return rows of which each slip costs one, that with the fewest marks; the others keep theirs, and stay wrong.

    `slips` are the names of the rows that each of them alone makes wrong; a slight one costs a tenth of all marks.
    """
    marks = {name: assignment.rubric.get(name, 0) for name in rows}
    kept = dict(rows)
    charged: set[str] = set()
    tenth = ceil(sum(marks.values()) / _SHARE_OF_SMALL)
    for reason, names in slips:
        counted = [name for name in rows if name in names and marks[name] and name not in charged]
        if not counted:
            continue
        costs = min(counted, key=marks.__getitem__)
        charged.update(counted)
        loses = tenth if reason.explainer is Explainer.SLIGHT else None
        kept[costs] = replace(rows[costs], loses=loses, reason=reason)
        kept |= {name: replace(rows[name], kept_by=costs, reason=reason) for name in counted if name != costs}
    return kept


def list_reshaped(rows: Mapping[str, Row], loosened: Mapping[str, Row]) -> list[str]:
    """Return the rows that only axes of length 1 make wrong; `loosened` are the rows if these may stand anywhere."""
    return [name for name, row in rows.items() if row.mark is Mark.FAILED and loosened[name].mark is Mark.PASSED]


def list_seldom_lacking(rows: Mapping[str, Row], answers: Sequence[Answer]) -> list[str]:
    """Return the rows that are wrong only where the call raised or returned another form, in a third of the cases.

    That is at most: with more such cases there is none.
    """
    lacking = {i for i, answer in enumerate(answers) if not isinstance(answer, Returned)}
    if len(lacking) > len(answers) / _SELDOM:
        return []
    return [name for name, row in rows.items() if row.mark is Mark.FAILED and lacking.issuperset(row.failing)]


def list_varying(assignment: ContractAssignment, cases: ContractCases, answers: Sequence[Answer]) -> set[str]:
    """Return the rows that have more than one number: zeros everywhere are no work."""
    got = join_numbers(answers, cases.starts)
    own = {result.row: got[RowFails(assignment, result.row).owns(cases)] for result in assignment.results}
    return {name for name, numbers in own.items() if len(np.unique(numbers[np.isfinite(numbers)])) > 1}


def _list_forms(answer: Answer) -> Sequence[Malformed]:
    return () if isinstance(answer, Returned) else answer.forms


def _explain_lacking(fails: RowFails, cases: ContractCases, answers: Sequence[Answer], failing: Sequence[int]) -> str:
    """Say which functions the submission lacks, if that is why each of the failing cases fails; else nothing."""
    lacking = ([cause.lacking for cause in _list_causes(fails, cases, answers[i], i) if cause.lacking] for i in failing)
    first = next(lacking)
    if not first or not all(lacking):
        return ""
    names = [f"`{name}`" for name in dict.fromkeys(first)]
    verb = "are" if len(names) > 1 else "is"
    return f"{join_words(names)} {verb} not defined in the submission, so this row could not be judged."


def _list_causes(fails: RowFails, cases: ContractCases, answer: Answer, i: int) -> list[Cause]:
    """Return the causes for which results of the row have no value in an answer, as far as they are known."""
    causes = answer.causes if isinstance(answer, Raised) else {}
    if not causes:
        return []
    results = fails.assignment.results
    return [
        causes[place.expression]
        for place in cases.layouts[i]
        if results[place.result].row == fails.row and place.expression in causes
    ]


def _explain(fails: RowFails, cases: ContractCases, answers: Sequence[Answer], failing: Sequence[int]) -> str:
    """Say what came in the place of a row's numbers, of each sort on how many cases; empty if all had numbers."""
    missing = cases.contain_any(np.isnan(join_numbers(answers, cases.starts)) & fails.owns(cases))
    lacking = [i for i in failing if missing[i]]
    sorts: dict[str, list[int]] = {}
    for i in lacking:
        sorts.setdefault(_sort_of(fails, cases, answers[i], i), []).append(i)
    sorts.pop("", None)
    commonest = sorted(sorts.items(), key=lambda sort: -len(sort[1]))[:_MOST_SORTS]
    return "".join(
        f" On {'all' if len(places) == len(failing) else len(places)} of them,"
        f" {_describe_sort(sort, fails, cases, answers[places[0]], places[0])}."
        for sort, places in commonest
    )


def _sort_of(fails: RowFails, cases: ContractCases, answer: Answer, i: int) -> str:
    """Return what came in the place of numbers: an exception's type, `_FORM`, `_MISSING`; empty for nothing to tell."""
    malformed = find_form(fails, cases, answer, i)
    if malformed is not None:
        return _FORM if malformed.received else _ABSENT
    if isinstance(answer, Raised):
        causes = _list_causes(fails, cases, answer, i)
        return causes[0].type if causes else answer.type
    return _MISSING if isinstance(answer, Malformed) else ""


def _describe_sort(sort: str, fails: RowFails, cases: ContractCases, answer: Answer, i: int) -> str:
    """Return the end of a sentence about cases of one sort, with the one at this place as an example."""
    malformed = find_form(fails, cases, answer, i)
    if sort == _FORM and malformed is not None and malformed.received is not None:
        received, right = malformed.received, malformed.wanted
        if is_of_other_numbers(received, right):
            return f"the numbers are not real: in one case, `{malformed.where}` is an array of {received.dtype}"
        return (
            f"the result has the wrong form: in one case, `{malformed.where}` is {describe_form(received)}, but must be"
            f" {describe_shape(right)}"
        )
    if sort == _ABSENT and malformed is not None:
        return f"numbers are missing: in one case, there is no `{malformed.where}` after the call"
    if sort == _MISSING:
        # It is of the right form and holds NaN, or an answer describes fewer forms than there are.
        expression, shape = _find_missing(fails, cases, answer, i)
        wanted = f"not an array of shape {shape}, or holds NaN" if shape else "not a single number, or is NaN"
        return f"numbers are missing: in one case, `{expression}` is {wanted}"
    return f"calling your code raised {sort}"


def find_form(fails: RowFails, cases: ContractCases, answer: Answer, i: int) -> Malformed | None:
    """Return the first of a row's results that has another form in an answer; None if there is none."""
    forms = _list_forms(answer)
    results = fails.assignment.results
    own = [place.expression for place in cases.layouts[i] if results[place.result].row == fails.row]
    return next((form for form in forms if any(map(form.concerns, own))), None)


def _find_missing(fails: RowFails, cases: ContractCases, answer: Answer, i: int) -> tuple[str, tuple[int, ...]]:
    """Return the expression and the shape of the first of a row's results without all its numbers."""
    case = cases.take([i])
    missing = np.isnan(numbers_of(answer, case.starts[-1])) & fails.owns(case)
    return next((place.expression, place.shape) for _, place, part in case.slices() if missing[part].any())
