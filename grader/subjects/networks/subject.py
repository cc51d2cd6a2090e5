"""Layered networks as a subject: rows, probes, smaller networks and explanations for the judge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from grader.errors import CandidateError
from grader.judge.agreement import PURE
from grader.judge.marks import Given, RowSpec, SubjectMarks
from grader.judge.row import OVERFLOW, Failure, Row
from grader.judge.witness import Witness
from grader.judge.wording import differs_again
from grader.model.verdict import Counterexample, FirstDifference, Flag, Mark
from grader.oracle.answers import Answer, Malformed, Raised
from grader.oracle.suite import Suite, count, key
from grader.subjects.networks import wording
from grader.subjects.networks.alone import judge_alone
from grader.subjects.networks.asking import READ_AGAIN, malformed_or_failing, refuses_lists, worth_asking
from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.counterexample import counterexample
from grader.subjects.networks.diagnosis.place import first_difference
from grader.subjects.networks.diagnosis.source_lines import WrittenEntry, add_lines
from grader.subjects.networks.differencing import NUMERICAL, differentiates
from grader.subjects.networks.evidence import Evidence
from grader.subjects.networks.exchange import NetworksExchange
from grader.subjects.networks.explanation import Explanation
from grader.subjects.networks.form import AS_IT_CAME, MISPLACED, form, in_one_order
from grader.subjects.networks.layers import Layers, stack
from grader.subjects.networks.left_out import find_left_out
from grader.subjects.networks.probes import RECOMPUTES, Probes, follows_own_pass, probes, recomputes
from grader.subjects.networks.proposals import Proposals
from grader.subjects.networks.reductions import size
from grader.subjects.networks.rubric import (
    ORDER,
    any_shape,
    evidence,
    fail_unpropagated,
    home_networks,
    read_steps,
    right,
    withhold,
)
from grader.subjects.networks.shrinking import DEEP, OVERFLOWING, Search, shrink
from grader.subjects.networks.steps import STEPS
from grader.subjects.networks.unpropagated import find_alive, ignores_error, telling
from grader.subjects.networks.words import TITLES

if TYPE_CHECKING:
    from grader.judge.subject import ListWrite
    from grader.judge.trial import Trial
    from grader.model.records import CaughtMistake
    from grader.subjects.networks.diagnosis.diagnoser import Diagnoser


@dataclass(frozen=True)
class Networks:
    """A revision's networks, made ready once for judging many submissions."""

    assignment: Assignment
    cases: Suite
    #: On how many networks a right implementation puts each step to the test; None where not yet worked out.
    tested: Mapping[str, int] | None
    noun: str = "network"

    @property
    def probes(self) -> Suite:
        """Networks whose activations are not the forward pass of their weights."""
        return self._probes.suite

    @cached_property
    def exchange(self) -> NetworksExchange:
        """How networks are asked in a jail."""
        return NetworksExchange(self.assignment)

    @cached_property
    def order(self) -> list[int]:
        """The places of the networks, from the smallest to the largest."""
        return sorted(range(len(self.cases)), key=lambda i: (size(self.cases.networks[i]), i))

    @cached_property
    def rows(self) -> tuple[RowSpec, ...]:
        """Every row; one whose step no network puts to the test has no marks."""
        rubric = self.assignment.rubric
        return tuple(
            RowSpec(name, TITLES[name], getattr(rubric, name) if self._seen.get(name, 1) else 0) for name in ORDER
        )

    @cached_property
    def layers(self) -> Layers:
        """The layers of all networks side by side."""
        return stack(self.cases, self.assignment.formulas)

    @cached_property
    def home(self) -> list[int]:
        """Networks of the notebook's own shape."""
        return home_networks(self.cases, self.assignment)

    @cached_property
    def telling(self) -> list[int]:
        """Networks that show whether gradients follow from the error at the output."""
        return telling(self.cases)

    @cached_property
    def proposals(self) -> Proposals:
        """Smaller networks, for counterexamples."""
        return Proposals(self.assignment)

    @cached_property
    def diagnoser(self) -> "Diagnoser":
        """The networks and the bug models, for what is wrong."""
        # A cold right submission does not pay for two dozen modules that only wrong ones need.
        from grader.subjects.networks.diagnosis.diagnoser import Diagnoser  # noqa: PLC0415

        return Diagnoser(self.assignment, self.cases)

    @cached_property
    def _probes(self) -> Probes:
        return probes(self.cases, self.assignment)

    @cached_property
    def _seen(self) -> Mapping[str, int]:
        """The number of networks that put each step to the test."""
        stored = self.tested or {}
        # A revision of an earlier version may lack a step that was added since.
        return stored if stored.keys() >= set(STEPS) else evidence(self.cases, self.assignment)

    @cached_property
    def _right(self) -> dict[str, Row]:
        return right(self.cases, self._seen)

    def right(self, answers: int) -> dict[str, Row]:
        """The rows of who agrees with finite differences everywhere."""
        return {**self._right, "form": Row(Mark.PASSED, answers, "")}

    def marks(self, given: Given, witness: Witness) -> SubjectMarks:
        """The steps, any shape and the form, by what came back, what was written on the way, and what explains it."""
        answers, agrees = given.answers, given.agrees
        read, by_answers = read_steps(self.cases, self.layers, answers, self.assignment)
        alive = find_alive(self.cases, answers, agrees.failing)
        failing = (agrees.failing, self.home, alive, *(row.failing for row in by_answers.values()))
        lists, refuses = self._read_lists(witness, answers, failing)
        again = self._read_again(witness, answers, lists) if given.repeats else None
        evidence = in_one_order(self.cases, lists)
        given = replace(given, repeats=given.repeats and (again is None or again.mark is not Mark.FAILED))
        explanation = self._explain(given, evidence)
        # Of first answers alone it says nothing of the second ones, unless all lines are right in both.
        later = given.first_agrees is not agrees
        of_all = explanation if not later or explanation.wrong == frozenset() else Explanation()
        shape, rows = any_shape(
            self.cases, self.layers, answers, self.assignment, agrees, self.home, read, evidence, of_all
        )
        rows |= {"any_shape": shape, "form": form(self.cases, answers, evidence)}
        rows |= {} if again is None else {PURE: again}
        # Numbers that right lines explain follow from the error.
        explained = of_all.complete and of_all.wrong == frozenset()
        ignores = False
        if witness.left and not explained and not self._propagates(rows):
            ignores = ignores_error(witness, self.cases, self.telling, evidence, agrees.failing, self.assignment)
            rows |= fail_unpropagated(rows, agrees) if ignores else {}
        raised = self._raised_at_home(answers)
        if raised is not None:
            rows["any_shape"] = rows[PURE] = Row(Mark.NOT_RUN, 0, wording.RAISED_AT_HOME)
        rows |= withhold(rows) if refuses else {}
        first = self._first_difference(given, evidence, explanation)
        failed = frozenset(name for name in STEPS if rows[name].mark is Mark.FAILED)
        diagnoses = self.diagnoser.add_facts(answers, evidence, explanation, failed, agrees.failing)
        unrepeated = () if explanation.diagnoses else self.diagnoser.unrepeated
        alone = partial(judge_alone, self.cases, self.order, rows, self.assignment, ignores=ignores)
        settled = explained or raised or all(rows[name].mark is Mark.PASSED for name in STEPS)
        return SubjectMarks(rows, raised, diagnoses, first, unrepeated, None if settled else alone)

    def _read_again(self, witness: Witness, answers: Sequence[Answer], lists: Mapping[int, Evidence]) -> Row | None:
        """The row of what repeats, if numbers in arrays of another form differ when they are read again; else None.

        It is not judged if the process ends meanwhile.
        """
        asked = [i for i, read in lists.items() if read.ended and isinstance(answers[i], Malformed)][:READ_AGAIN]
        again = self._read_written(witness, asked)
        if len(again) < len(asked):
            return Row(Mark.NOT_RUN, 0, wording.REFUSED)
        differing = tuple(i for i in again if not lists[i].returns_alike(again[i], count(self.cases.sizes[i])))
        if not differing:
            return None
        return Row(Mark.FAILED, len(answers), differs_again(len(differing), len(asked), self.noun), differing)

    def _propagates(self, rows: Mapping[str, Row]) -> bool:
        """True if the error at the output is right, and each layer's follows from the one above.

        Zeros can hold every equation: that all four steps hold, though some network is wrong, shows nothing, nor do
        steps that only few of the networks put to the test on which they should show.
        """
        holding = {name for name in STEPS if rows[name].mark is Mark.PASSED}
        shown = 2 * rows["activation_gradient"].cases >= self._seen["activation_gradient"]
        return shown and holding == set(STEPS) - {"weight_gradient"}

    def _raised_at_home(self, answers: Sequence[Answer]) -> Raised | None:
        """The first exception on the notebook's own shape, if each network of it raised."""
        raised = [answers[i] for i in self.home if isinstance(answers[i], Raised)]
        first = raised[0] if len(raised) == len(self.home) else None
        return first if isinstance(first, Raised) else None

    def _explain(self, given: Given, evidence: Mapping[int, Evidence]) -> Explanation:
        """Explain what is wrong, in words and for the marks."""
        repeats = given.repeats or self._raised_at_home(given.first) is not None
        return self.diagnoser.diagnose(
            given.first,
            given.first_agrees.failing,
            evidence,
            repeats=repeats,
            differentiates=NUMERICAL in given.flags,
            fails_alone=given.fails_alone,
        )

    def _first_difference(
        self, given: Given, evidence: Mapping[int, Evidence], explanation: Explanation
    ) -> FirstDifference | None:
        """The first difference; None if what is swapped or paired at the end landed in another layer.

        None also of a layer 0 that is left out, whose zeros are in the way, and of answers that depend on the calls
        before, which no line shows.
        """
        failing = given.first_agrees.failing
        misplaced = any(observed.form in MISPLACED for observed in evidence.values())
        left_out = find_left_out(self.cases, given.first)
        if not failing or misplaced or explanation.returned or not given.repeats or left_out:
            return None
        return first_difference(self.cases, given.first, failing, self.assignment, evidence)

    def _read_lists(
        self, witness: Witness, answers: Sequence[Answer], failing: Sequence[Sequence[int]]
    ) -> tuple[dict[int, Evidence], bool]:
        """The lists that the function wrote on its way, by network, and True if it refuses to show some."""
        asked = worth_asking(answers, failing, self.order)
        evidence = self._read_written(witness, asked)
        if any(observed.form not in AS_IT_CAME for observed in in_one_order(self.cases, evidence).values()):
            more = malformed_or_failing(answers, failing[0], evidence)
            asked += more
            evidence |= self._read_written(witness, more)
        return evidence, refuses_lists(answers, evidence, asked)

    def _read_written(self, witness: Witness, which: Sequence[int]) -> dict[int, Evidence]:
        """Read the lists that the function wrote about these networks."""
        if not witness.left or not which:
            return {}
        evidence = witness.evidence(self.cases.take(which))
        return dict(zip(which, evidence, strict=False))

    def flags(self, probed: Sequence[Answer], witness: Witness) -> list[Flag]:
        """The flags of a function that recomputes the forward pass, and of one that takes differences."""
        if not follows_own_pass(self._probes, probed):
            return []
        try:
            numerical = witness.left and differentiates(witness, self.cases, self.assignment)
        except CandidateError:
            # Nothing is claimed of it.
            numerical = False
        recomputing = [RECOMPUTES] if recomputes(self._probes, probed) else []
        return [*recomputing, NUMERICAL] if numerical else recomputing

    def smaller(self, i: int, failure: Failure, witness: Witness) -> Suite:
        """The smallest network found that fails as network `i` does, measured by finite differences."""
        start = self.cases.networks[i]
        overflows = failure.way is not None and failure.way[0] == OVERFLOW and start.depth >= DEEP
        kept = max(0, witness.left - OVERFLOWING) if overflows else 0
        smallest = shrink(start, failure, Search(witness, self.proposals, kept))
        # The same network is asked about with the same bits: a forward pass of another machine has others.
        return self.cases.take([i]) if key(smallest) == key(start) else self.proposals.measure(smallest)

    def show(self, cases: Suite, i: int, answer: Answer | None) -> Counterexample:
        """The network beside the answer to it."""
        return counterexample(cases, i, answer, self.assignment)

    def describe_case(self, i: int) -> dict[str, Any]:
        """How deep the network is."""
        return {"K": self.cases.networks[i].depth}

    def trial(self) -> "Trial":
        """The reference, and every known mistake."""
        # Only who publishes pays for these modules.
        from grader.subjects.networks.trial import trial  # noqa: PLC0415

        return trial(self.assignment, self._seen)

    def summary(self, mistakes: Sequence["CaughtMistake"]) -> dict[str, Any]:
        """The networks counted, what they catch, and one of each corner."""
        # As above.
        from grader.subjects.networks.summary import summary  # noqa: PLC0415

        return summary(self.cases, self.assignment.formulas, mistakes)

    def locate(self, first: FirstDifference | None, writes: Sequence["ListWrite"]) -> FirstDifference | None:
        """The first difference with the line that writes its list."""
        return add_lines(first, [WrittenEntry(write.name, write.index, write.cell, write.line) for write in writes])

    def explain_check(self, answers: Sequence[Answer], failing: Sequence[int], start: object) -> None:
        """Nothing: layered networks have no such check."""
