"""The functions of the student's own by which a notebook checks gradients, and the first value that they get wrong.

Such a check differentiates a loss that the student's own forward pass computes, on one fixed shape. Here that forward
pass runs on cases of that shape, and its values are compared with the reference's. It is asked when all else is judged,
and costs no marks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

import numpy as np

from backmark.grader.contracts.cases.answers import Answer, Candidate, Malformed, Returned
from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.contract_cases import ContractCases, ResultPlace, list_expressions
from backmark.grader.contracts.cases.drawn import DrawnCase
from backmark.grader.contracts.cases.exchange import ContractExchange, join_numbers
from backmark.grader.contracts.cases.form_words import describe_difference
from backmark.grader.contracts.cases.layout import find
from backmark.grader.contracts.language.assignment import HOME, ContractAssignment, ContractCheck, ContractResult
from backmark.grader.contracts.rows.results import all_wrong
from backmark.grader.errors import CandidateError
from backmark.grader.model.mended_statement import WrongNumber
from backmark.grader.model.verdict import NotebookCheck

#: The part of a case's largest value by which a right one may differ: single precision loses less.
_ALIKE = 1e-4

#: Returns the submission, to be asked by an exchange of the check's; None if it lacks one of the exchange's functions.
Start = Callable[[ContractExchange], Candidate | None]


@dataclass(frozen=True)
class CheckComparison:
    """A contract's check, made ready for comparing submissions; without cases of its shape nothing is compared."""

    assignment: ContractAssignment
    check: ContractCheck
    cases: ContractCases

    @cached_property
    def exchange(self) -> ContractExchange:
        """The exchange that asks about the values of the student's own functions."""
        places = (place for layout in self.at_home.layouts[:1] for place in layout)
        results = tuple(ContractResult(place.expression, place.expression, "") for place in places)
        asked = replace(self.assignment, entries=self.check.functions, call=self.check.code, results=results)
        return ContractExchange(asked, list_expressions(self.at_home), apart=True)

    @cached_property
    def at_home(self) -> ContractCases:
        """The cases of the notebook's own shape, with the values that are expected there."""
        drawn = tuple(case for case in self.cases.drawn if case.corner == HOME)
        values = [self._list_values(case) for case in drawn]
        layouts = tuple(
            tuple(ResultPlace(name, i, value.shape, "") for i, (name, value) in enumerate(named)) for named in values
        )
        parts = [np.concatenate([value.ravel() for _, value in named]) for named in values]
        expected = np.concatenate([np.zeros(0), *parts])
        allowed = np.concatenate(
            [np.zeros(0), *(np.full(len(part), _ALIKE * np.abs(part).max(initial=0)) for part in parts)]
        )
        return ContractCases(drawn, layouts, expected, allowed, self.cases.provides)

    def explain(self, start: Start) -> NotebookCheck | None:
        """Return the first value that the submission's functions get wrong; None if none is, or if none is known."""
        if not len(self.at_home):
            return None
        try:
            candidate = start(self.exchange)
            return None if candidate is None else self.find_wrong(candidate.answer(self.at_home))
        except CandidateError:
            return None

    def find_wrong(self, answers: Sequence[Answer]) -> NotebookCheck | None:
        """Return the first value that is wrong; None if none is, or if one has another form and may yet be right."""
        if form := _describe_other_size(answers):
            return self._describe(None, form)
        wrong = all_wrong(self.at_home, answers)
        if not wrong.any() or not all(isinstance(answer, Returned) for answer in answers):
            return None
        places = [(place, part) for _, place, part in self.at_home.slices() if wrong[part].any()]
        place, part = min(places, key=lambda located: located[0].result)
        at = part.start + int(np.argmax(wrong[part]))
        got = float(join_numbers(answers, self.at_home.starts)[at])
        index = [int(axis) for axis in np.unravel_index(at - part.start, place.shape)]
        expected = float(self.at_home.expected[at])
        return self._describe(WrongNumber(place.expression, index, expected, got if np.isfinite(got) else None, {}))

    def _describe(self, wrong: WrongNumber | None, form: str = "") -> NotebookCheck:
        # In the order of their declaration, which a stored assignment does not keep for [home].
        dims = (dim.name for dim in self.assignment.dims if dim.name in self.assignment.home)
        home = ", ".join(f"{name} = {self.assignment.home[name]}" for name in dims)
        check = self.check
        return NotebookCheck(check.name, check.shape or home, check.code.strip(), check.functions, wrong, form=form)

    def _list_values(self, case: DrawnCase) -> list[tuple[str, Array]]:
        """Return the expected values by their expressions, the entries of lists by turns, as a forward pass goes."""
        known = case.values()
        values: list[tuple[float, str, Array]] = []
        for name, target in self.check.results:
            value = find(known, target)
            if isinstance(value, list):
                values += [(k, f"{name}[{k}]", np.asarray(part)) for k, part in enumerate(value)]
            else:
                values.append((np.inf, name, np.asarray(value)))
        return [(name, value) for _, name, value in sorted(values, key=lambda ordered: ordered[0])]


def _describe_other_size(answers: Sequence[Answer]) -> str:
    """Return what came for an array of another size, if that is so in every answer: no style makes it right."""
    found = [
        f"`{form.where}` is {describe_difference(form.received, form.wanted)}"
        for answer in answers
        if isinstance(answer, Malformed)
        for form in answer.forms[:1]
        if form.received is not None and form.received.shape is not None and form.wanted is not None
        if prod(form.received.shape) != prod(form.wanted)
    ]
    return found[0] if found and len(found) == len(answers) else ""
