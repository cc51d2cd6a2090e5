"""The assignment's own mistakes, recognised by what is kept of their answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from backmark.grader.contracts.cases.answers import Answer
from backmark.grader.contracts.cases.arrays import Array, Booleans
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.language.assignment import ContractAssignment, ContractMistake
from backmark.grader.contracts.naming.mistakes import Projector, StoredMistake, describe_forms
from backmark.grader.contracts.naming.numeric import ENTRIES

#: Rounding of projections, of the numbers in them, and of single precision.
_ROUNDING, _SINGLE = 1e-6, 2.0**-22


@dataclass(frozen=True, slots=True, eq=False)
class _AnsweredMistake:
    """A mistake, and the rows of which it gets a result wrong."""

    mistake: ContractMistake
    stored: StoredMistake
    rows: frozenset[str]


@dataclass(frozen=True, slots=True)
class Recognised:
    """A mistake that explains all numbers of some rows."""

    mistake: ContractMistake
    rows: frozenset[str]


@dataclass(frozen=True, eq=False)
class KnownMistakes:
    """An assignment's mistakes, made ready once for many submissions."""

    assignment: ContractAssignment
    cases: ContractCases
    stored: Mapping[str, StoredMistake]

    @cached_property
    def _projector(self) -> Projector:
        return Projector(self.cases)

    @cached_property
    def _rows(self) -> "np.ndarray[tuple[int], np.dtype[np.str_]]":
        names = np.array([result.row for result in self.assignment.results])
        return names[self._projector.results]

    @cached_property
    def _known(self) -> list[_AnsweredMistake]:
        right = np.nan_to_num(self.cases.expected)
        projector = self._projector
        truth = projector.project(right, {})
        allowed = 2 * projector.tolerances + _ROUNDING * projector.sizes(right) + _SINGLE * np.abs(truth)
        known = []
        for mistake in self.assignment.mistakes:
            stored = self.stored[mistake.id]
            apart = ~(np.abs(stored.projections - truth) <= allowed)
            shaped = np.isin(projector.cases, [i for i, form in stored.forms.items() if " " in form])
            lacking = np.isnan(stored.projections)
            # Of a result in another form one number says as much as all of them; what raises says nothing.
            evidence = (apart & ~lacking).sum(axis=0) + (lacking.all(axis=0) & shaped)
            if evidence.sum() >= ENTRIES:
                known.append(_AnsweredMistake(mistake, stored, frozenset(self._rows[apart.any(axis=0)].tolist())))
        return known

    def recognise(self, answers: Sequence[Answer], got: Array, failing: frozenset[str]) -> list[Recognised]:
        """Return the mistakes that together explain the most of the failing rows, each row of theirs entirely."""
        forms = describe_forms(answers)
        own, rounding = self._projector.project(got, forms), _ROUNDING * self._projector.sizes(got)
        # Of the answer, and of what is stored: both are rounded.
        allowed = self._projector.tolerances + 2 * rounding + _SINGLE * np.abs(own)
        fitting = []
        for known in self._known:
            if known.rows <= failing:
                same = self._match(known.stored, own, allowed, forms)
                if same[np.isin(self._rows, list(known.rows))].all():
                    fitting.append(Recognised(known.mistake, known.rows))
        chosen: list[Recognised] = []
        covered: frozenset[str] = frozenset()
        for recognised in sorted(fitting, key=lambda recognised_mistake: -len(recognised_mistake.rows)):
            if not recognised.rows <= covered:
                chosen.append(recognised)
                covered |= recognised.rows
        return chosen

    def _match(self, stored: StoredMistake, own: Array, allowed: Array, forms: Mapping[int, str]) -> Booleans:
        """Return for each result True if the answer is the mistake's; `allowed` is without its own last digits."""
        allowed = allowed + _SINGLE * np.abs(stored.projections)
        near = (np.abs(own - stored.projections) <= allowed).all(axis=0)
        both = np.isnan(own).all(axis=0) & np.isnan(stored.projections).all(axis=0)
        alike = np.array([forms.get(i) == stored.forms.get(i) for i in range(len(self.cases))], bool)
        matches: Booleans = near | (both & alike[self._projector.cases])
        return matches
