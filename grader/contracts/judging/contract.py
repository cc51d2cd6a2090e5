"""A revision made ready for judging."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from backmark.grader.contracts.cases.answers import Answer
from backmark.grader.contracts.cases.contract_cases import ContractCases, list_expressions
from backmark.grader.contracts.cases.drawn import SIMPLE
from backmark.grader.contracts.cases.exchange import ContractExchange, join_numbers
from backmark.grader.contracts.cases.layers import LayersError, find_layers
from backmark.grader.contracts.cases.taught import is_tried
from backmark.grader.contracts.judging.differencing import NUMERICAL, DifferencesTest, build_test
from backmark.grader.contracts.judging.marks import ContractMarks, Given
from backmark.grader.contracts.judging.notebook_check import CheckComparison, Start
from backmark.grader.contracts.judging.other_convention import OtherConvention
from backmark.grader.contracts.judging.own_pass import OwnPassTest, follows_inputs
from backmark.grader.contracts.judging.witness import Witness
from backmark.grader.contracts.language.assignment import ContractAssignment, Convention
from backmark.grader.contracts.rows.agreement import disagreeing, find_wrong
from backmark.grader.contracts.rows.results import any_differs_by_ones, list_rows
from backmark.grader.contracts.rows.row import Failure, Row, RowSpec
from backmark.grader.errors import CandidateError
from backmark.grader.model.counterexample import CaseCounterexample, LayersDrawing
from backmark.grader.model.verdict import Flag, Mark, NotebookCheck, Remark, RemarkKind

if TYPE_CHECKING:
    from backmark.grader.contracts.naming.diagnoser import ContractDiagnoser

#: Cases that the handout tries, without which nothing is said of these.
_FEWEST_TRIED = 3
#: Cases of the ladder that are asked about at first; then as many as before, so that most of them never are.
_FIRST_RUNGS = 12


@dataclass(frozen=True)
class Contract:
    """A revision's contract, made ready once for judging many submissions."""

    assignment: ContractAssignment
    #: The cases that decide.
    cases: ContractCases
    #: Small cases in order of size, of which counterexamples are chosen.
    ladder: ContractCases
    #: Cases that tell who computes a forward pass of their own; see `OwnPassTest`.
    own_pass: ContractCases
    make_diagnoser: "Callable[[], ContractDiagnoser]"
    #: By convention that does not count the cases, with what is expected of them by that one.
    conventions: Mapping[str, ContractCases] = field(default_factory=dict)
    #: Cases that the handout does not try, and that do not decide; None if there are none.
    outside: ContractCases | None = None

    @cached_property
    def diagnoser(self) -> "ContractDiagnoser":
        """Names the mistakes of wrong submissions."""
        return self.make_diagnoser()

    @cached_property
    def check(self) -> CheckComparison | None:
        """The notebook's own check, made ready; None if the contract has none."""
        check = self.assignment.check
        return None if check is None else CheckComparison(self.assignment, check, self.cases)

    @cached_property
    def other_conventions(self) -> Sequence[OtherConvention]:
        """The conventions that do not count, made ready."""
        return [
            OtherConvention(convention, self.assignment, self.conventions[convention.name])
            for convention in self.assignment.conventions
        ]

    @cached_property
    def drawing(self) -> LayersDrawing | None:
        """The picture of its counterexamples; None if the contract asks for none, or other cases leave it open."""
        if self.assignment.drawing:
            with suppress(LayersError):
                return find_layers(self.assignment, self.cases.join(self.ladder))
        return None

    @cached_property
    def probes(self) -> ContractCases:
        """The questions for the flags that every submission is asked; those that it answers oddly are asked more."""
        return self._own_pass.first.join(self._differences.first)

    @cached_property
    def _own_pass(self) -> OwnPassTest:
        return OwnPassTest(self.own_pass, self.assignment.given)

    @cached_property
    def _differences(self) -> DifferencesTest:
        return build_test(self.assignment, self.cases)

    @cached_property
    def exchange(self) -> ContractExchange:
        """The exchange that asks about the cases in a jail."""
        expressions = list_expressions(self.cases) | list_expressions(self.ladder)
        if self.outside is not None:
            expressions |= list_expressions(self.outside)
        if self.check is not None:
            expressions |= self.check.exchange.results
        for other in self.other_conventions:
            expressions |= other.exchange.results
        return ContractExchange(self.assignment, expressions, self.assignment.dtype)

    @cached_property
    def _loose_exchange(self) -> ContractExchange:
        """The exchange by which arrays may have axes of length 1 anywhere."""
        results = tuple(replace(result, loose=True) for result in self.assignment.results)
        return replace(self.exchange, assignment=replace(self.assignment, results=results))

    @cached_property
    def order(self) -> Sequence[int]:
        """The places of the cases, from the smallest to the largest."""
        return sorted(range(len(self.cases)), key=lambda i: self.cases.drawn[i].size)

    @cached_property
    def rows(self) -> Sequence[RowSpec]:
        """All rows of a verdict."""
        return list_rows(self.assignment)

    def right(self, answers: int) -> dict[str, Row]:
        """Return the rows of a submission that is right in all answers."""
        names = (*(row.name for row in self.assignment.rows), *(result.row for result in self.assignment.results))
        return {name: Row(Mark.PASSED, answers, "") for name in names}

    def loosen(self, answers: Sequence[Answer], start: Start | None) -> Sequence[Answer]:
        """Return the answers if arrays may have axes of length 1 anywhere; none if these are as wrong, or unknown."""
        if start is None or not any_differs_by_ones(answers):
            return ()
        try:
            candidate = start(self._loose_exchange)
            return () if candidate is None else candidate.answer(self.cases)
        except CandidateError:
            return ()

    def marks(self, given: Given) -> ContractMarks:
        """Return the rows of the results, and the exception if every call raised."""
        # Most submissions are right at last, and a cold command should not pay for what explains and mends the others.
        from backmark.grader.contracts.judging.wrong import judge_wrong  # noqa: PLC0415

        return judge_wrong(self, given)

    def flags(self, probed: Sequence[Answer], witness: Witness) -> list[Flag]:
        """Return whether a submission recomputes the forward pass, and whether it differentiates numerically."""
        own_pass, differences = self._own_pass, self._differences
        count = len(own_pass.first)
        flags = []
        try:
            if witness.left and follows_inputs(own_pass.first, probed[:count]):
                recomputes = follows_inputs(own_pass.others, witness.answer(own_pass.others))
                flags += [own_pass.flag] if recomputes else []
            if witness.left and differences.jumps(probed[count:]):
                numerical = differences.differentiates(witness.answer(differences.cases))
                flags += [NUMERICAL] if numerical else []
        except CandidateError:
            # Of what ended it, nothing is claimed.
            return flags
        return flags

    def smaller(self, i: int, failure: Failure, witness: Witness) -> ContractCases:
        """Return the first case of the ladder that fails as case `i` does, and is no larger; that case if none does."""
        most = self.cases.drawn[i].size
        places = [
            place
            for place, rung in enumerate(self.ladder.drawn)
            if rung.size < most or (rung.size == most and rung.corner == SIMPLE)
        ]
        asked = 0
        while asked < len(places):
            rungs = self.ladder.take(places[asked : asked + max(_FIRST_RUNGS, asked)])
            asked += len(rungs)
            place = _find_failing(rungs, failure, witness)
            if place is not None:
                return rungs.take([place])
        return self.cases.take([i])

    def show(self, cases: ContractCases, i: int, answer: Answer | None) -> CaseCounterexample:
        """Return case `i` beside the answer to it."""
        from backmark.grader.contracts.judging import counterexample  # noqa: PLC0415 - as for `marks`

        return replace(counterexample.show(self.assignment, cases, i, answer), drawing=self.drawing)

    def describe_case(self, i: int) -> dict[str, Any]:
        """Return the dims of case `i`."""
        return dict(self.cases.drawn[i].dims)

    def find_taught(self, failing: Sequence[int], further: Sequence[Answer]) -> Remark | None:
        """Return what a submission is like within what the handout tries, and outside; None if that is no news.

        `failing` are the places of the cases that it gets wrong, `further` its answers to those that do not decide.
        """
        taught = self.assignment.taught
        if taught is None:
            return None
        if self.outside is not None:
            wrong = sum(disagreeing(self.outside, further))
            return Remark(RemarkKind.OUTSIDE, taught.title, cases=wrong, of=len(further)) if wrong else None
        if taught.decides:
            return None
        tried = [i for i, case in enumerate(self.cases.drawn) if is_tried(self.assignment, case.dims)]
        if not failing or len(tried) < _FEWEST_TRIED or not {*tried}.isdisjoint(failing):
            return None
        return Remark(RemarkKind.TAUGHT, taught.title, of=len(tried))

    def find_epsilons(self, answers: Sequence[Answer]) -> Sequence[tuple[str, float]]:
        """Return the results whose numbers only an allowed epsilon explains, each with the largest that is allowed."""
        cases, allowances = self.cases, self.cases.allowances
        if not len(allowances):
            return []
        got = join_numbers(answers, cases.starts)
        strict = find_wrong(got, cases.expected, cases.tolerances - allowances)
        explained = strict & ~find_wrong(got, cases.expected, cases.tolerances)
        names = (result.expression for result in self.assignment.results)
        return [
            (name, self.assignment.epsilons[name])
            for place, name in enumerate(names)
            if name in self.assignment.epsilons and explained[cases.results == place].any()
        ]

    def find_convention(self, start: Start) -> Convention | None:
        """Return the convention by which a submission is wholly right that is wrong by the one that counts."""
        return next((other.convention for other in self.other_conventions if other.fits(start)), None)

    def explain_check(self, start: Start) -> NotebookCheck | None:
        """Return the first value that the functions of the notebook's own check get wrong; None if none is known."""
        return None if self.check is None else self.check.explain(start)


def _find_failing(rungs: ContractCases, failure: Failure, witness: Witness) -> int | None:
    """Return the place of the first of some cases that fails; None if none does."""
    keys = [rungs.key(place) for place in range(len(rungs))]
    witness.ask(keys, rungs.take)
    known = [place for place, key in enumerate(keys) if key in witness.known and failure.could_be(witness.known[key])]
    if not known:
        return None
    failing = failure.test(rungs.take(known), [witness.known[keys[place]] for place in known])
    return next((place for place, fails in zip(known, failing, strict=True) if fails), None)
