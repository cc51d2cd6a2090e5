"""The counterexamples of one submission: shrunk for each failed property, and confirmed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from backmark.grader.contracts.cases.answers import Answer, Candidate, Raised
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.judging.contract import Contract
from backmark.grader.contracts.judging.witness import Witness
from backmark.grader.contracts.rows.agreement import disagreeing, same
from backmark.grader.contracts.rows.row import Failure, Row, way
from backmark.grader.errors import CandidateError
from backmark.grader.model.counterexample import CaseCounterexample


class Example(NamedTuple):
    """The counterexample of one row, and what a process that has answered nothing yet says of it."""

    shown: CaseCounterexample
    #: The answer to it.
    answer: Answer
    #: False if the case that is shown does not fail there.
    repeats: bool = True
    #: True if a case that fails, this one or a smaller one, does not fail there.
    depends: bool = False


def find_shown(told: Raised | None, example: Example | None) -> Raised | None:
    """Return what was raised in the case that is shown, if it is what is told: it has the sizes of that case."""
    own = None if example is None else example.answer
    if told is None or not isinstance(own, Raised) or (own.type, own.frames) != (told.type, told.frames):
        return told
    return told if told.mistake and not own.mistake else own


@dataclass(frozen=True)
class Examples:
    """The smallest counterexamples of one submission, each confirmed in a fresh process."""

    contract: Contract
    answers: Sequence[Answer]
    witness: Witness
    fresh: Callable[[], Candidate]

    def smallest_by_row(self, rows: dict[str, Row]) -> dict[str, Example]:
        """Return for each failed property its counterexample, confirmed in a fresh process if it can be."""
        # What has no test of its own (`pure`) is not a matter of one case's numbers: its message says it all.
        starts = {name: self._start(row) for name, row in rows.items() if row.failing and row.fails is not None}
        smallest: dict[str, ContractCases] = {}
        failures: dict[str, Failure] = {}
        for name, start in starts.items():
            fails = rows[name].fails
            if fails is not None:
                failures[name] = Failure(fails, way(self.answers[start]))
                smallest[name] = self.contract.smaller(start, failures[name], self.witness)
        confirmed, depending = self._confirm(smallest, failures)
        # In the place of a smaller one that does not repeat the case that it came from is shown: it is asked, too.
        begun = {name: self.contract.cases.take([starts[name]]) for name in depending}
        confirmed_starts, unrepeated = self._confirm(begun, failures)
        confirmed |= confirmed_starts
        shown = {}
        for name, start in starts.items():
            # Shown as it was seen. That it depends on the calls before is claimed only of what did answer, otherwise.
            example = confirmed.get(name) or self._show(self.contract.cases, start, self.answers[start])
            repeats = name not in unrepeated or self._is_wrong_alone(begun[name], failures[name])
            shown[name] = example._replace(repeats=repeats, depends=name in depending)
        return shown

    def _show(self, cases: ContractCases, place: int, answer: Answer) -> Example:
        return Example(self.contract.show(cases, place, answer), answer)

    def _is_wrong_alone(self, case: ContractCases, failure: Failure) -> bool:
        """True if a fresh process answers the case wrongly, too, so that the same row fails, though in another way."""
        answers = self._alone[case.key(0)]
        return failure.test(case, answers)[0] and disagreeing(case, answers)[0]

    def _start(self, row: Row) -> int:
        """The smallest case that fails; one that is wrong in its numbers, if there is any."""
        failing = set(row.failing)
        ordered = [i for i in self.contract.order if i in failing]
        return next((i for i in ordered if self._wrong[i]), ordered[0])

    @cached_property
    def _wrong(self) -> list[bool]:
        return disagreeing(self.contract.cases, self.answers)

    def _confirm(
        self, smallest: dict[str, ContractCases], failures: dict[str, Failure]
    ) -> tuple[dict[str, Example], set[str]]:
        """Confirmed counterexamples, and the properties that do not fail when asked about alone.

        Each case is asked about in a process that has answered nothing yet.
        """
        confirmed: dict[str, Example] = {}
        unrepeated: set[str] = set()
        for name, case in smallest.items():
            key = case.key(0)
            if key not in self._alone:
                self._alone[key] = self._ask_alone(case)
            answers = self._alone[key]
            if not answers:
                continue
            if failures[name].is_shown_by(case, answers) and disagreeing(case, answers)[0]:
                confirmed[name] = self._show(case, 0, answers[0])
            elif not same(answers[0], self._before(key)):
                unrepeated.add(name)
        return confirmed, unrepeated

    def _before(self, key: bytes) -> Answer:
        """The answer about the case when others had been asked about before it."""
        if key in self.witness.known:
            return self.witness.known[key]
        cases = self.contract.cases
        return self.answers[next(i for i in range(len(cases)) if cases.key(i) == key)]

    @cached_property
    def _alone(self) -> dict[bytes, list[Answer]]:
        """The answers of fresh processes so far, by `ContractCases.key`."""
        return {}

    def _ask_alone(self, case: ContractCases) -> list[Answer]:
        """The answer of a fresh process; none if it ends instead."""
        try:
            return self.fresh().answer(case)
        except CandidateError:
            return []
