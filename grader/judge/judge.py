"""The judge: answers in, judgement out. It runs nothing of a student's itself."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from grader.errors import CandidateError, Crashed, OutOfMemory, TimedOut, TooMuchOutput
from grader.judge import wording
from grader.judge.counterexamples import counterexample
from grader.judge.examples import Examples
from grader.judge.form import AS_IT_CAME, MISPLACED, form, in_one_order
from grader.judge.row import Row
from grader.judge.rubric import (
    ORDER,
    agreement,
    any_shape,
    evidence,
    home_networks,
    purity,
    read_steps,
    right,
    unpropagated,
    wrong_later,
)
from grader.judge.shrinking import Witness, size
from grader.model.assignment import Assignment
from grader.model.verdict import (
    Counterexample,
    FirstDifference,
    Flag,
    Judgement,
    Mark,
    NetworkReached,
    Outcome,
    Property,
    Statistics,
    StudentError,
)
from grader.model.words import TITLES
from grader.oracle.answers import Answer, Candidate, Evidence, Raised, Returned
from grader.oracle.suite import Suite, join
from grader.subjects.networks.diagnosis.place import first_difference
from grader.subjects.networks.differencing import NUMERICAL, differentiates
from grader.subjects.networks.explanation import Explanation
from grader.subjects.networks.layers import Layers, stack
from grader.subjects.networks.probes import RECOMPUTES, Probes, probes, recomputes
from grader.subjects.networks.proposals import Proposals
from grader.subjects.networks.revision import Revision
from grader.subjects.networks.steps import STEPS
from grader.subjects.networks.unpropagated import ignores_error, telling
from grader.subjects.networks.written import malformed_or_failing, worth_asking

if TYPE_CHECKING:
    from grader.subjects.networks.diagnosis.diagnoser import Diagnoser

ENDED = {
    TimedOut: (Outcome.TIMEOUT, "TimeLimit"),
    OutOfMemory: (Outcome.MEMORY, "MemoryLimit"),
    TooMuchOutput: (Outcome.OUTPUT_LIMIT, "OutputLimit"),
    Crashed: (Outcome.CRASHED, "Crash"),
}

#: How many networks are asked about a second time, after all others.
AGAIN = 24

CHANGES = Flag("changes_arguments", "changes its arguments in place")
NOT_REACHED = "Not judged: it did not answer every network."
RAISED_AT_HOME = "Not judged: it raised on every network of the notebook's own shape."


@dataclass(frozen=True)
class Judge:
    """A revision made ready, once, for judging many submissions."""

    revision: Revision

    @property
    def assignment(self) -> Assignment:
        """What was asked."""
        return self.revision.assignment

    @property
    def suite(self) -> Suite:
        """The networks that decide."""
        return self.revision.suite

    @cached_property
    def asked_again(self) -> list[int]:
        """Places asked about twice, from the last to the first: one of each depth, and others of the commonest.

        Each depth has a module of its own, so what goes wrong at every so many calls is seen where most are made.
        """
        depths = [len(sizes) for sizes in self.suite.sizes]
        last = set({depth: i for i, depth in enumerate(depths)}.values())
        commonest = Counter(depths).most_common(1)[0][0] if depths else 0
        places = sorted(range(len(depths)), key=lambda i: (i not in last, depths[i] != commonest, -i))
        return sorted(places[:AGAIN], reverse=True)

    @cached_property
    def probes(self) -> Probes:
        """Networks for the flags."""
        return probes(self.suite, self.assignment)

    @cached_property
    def questions(self) -> Suite:
        """All that a submission is asked in the first exchange: the suite, some of it again, the probes."""
        return join([self.suite, self.suite.take(self.asked_again), self.probes.suite])

    @cached_property
    def layers(self) -> Layers:
        """The suite's layers side by side."""
        return stack(self.suite, self.assignment.formulas)

    @cached_property
    def home(self) -> list[int]:
        """Networks of the notebook's own shape."""
        return home_networks(self.suite, self.assignment)

    @cached_property
    def order(self) -> list[int]:
        """The places of the suite's networks, from the smallest to the largest."""
        return sorted(range(len(self.suite)), key=lambda i: (size(self.suite.networks[i]), i))

    @cached_property
    def telling(self) -> list[int]:
        """Networks that show whether gradients follow from the error at the output."""
        return telling(self.suite)

    @cached_property
    def proposals(self) -> Proposals:
        """Smaller networks, for counterexamples."""
        return Proposals(self.assignment)

    @cached_property
    def diagnoser(self) -> "Diagnoser":
        """The suite and the bug models, for what is wrong."""
        # A cold right submission does not pay for two dozen modules that only wrong ones need.
        from grader.subjects.networks.diagnosis.diagnoser import Diagnoser  # noqa: PLC0415

        return Diagnoser(self.assignment, self.suite)

    @cached_property
    def _seen(self) -> Mapping[str, int]:
        """On how many networks each step is put to the test."""
        stored = self.revision.evidence or {}
        # A revision of an earlier version may lack a step that was added since.
        return stored if stored.keys() >= set(STEPS) else evidence(self.suite, self.assignment)

    @cached_property
    def _right(self) -> dict[str, Row]:
        return right(self.suite, self._seen)

    @cached_property
    def maxima(self) -> dict[str, int]:
        """The most marks of each row: none for a step that no network puts to the test."""
        rubric = self.assignment.rubric
        return {name: getattr(rubric, name) if self._seen.get(name, 1) else 0 for name in ORDER}

    def judge(self, candidate: Candidate, fresh: Callable[[], Candidate]) -> Judgement:
        """Ask, compare and conclude; `fresh` gives the same submission in a new process, for confirming."""
        ended: CandidateError | None = None
        try:
            given = candidate.answer(self.questions)
        except CandidateError as error:
            given, ended = error.answers, error
        n = len(self.suite)
        answers = given[:n]
        if ended is not None and len(answers) < n:
            return self._ended(ended, answers)
        rest = given[n:]
        again, probed = rest[: len(self.asked_again)], rest[len(self.asked_again) :]
        pure = purity(answers, again, self.asked_again, ended=len(again) < len(self.asked_again))
        later = wrong_later(self.suite, answers, dict(zip(self.asked_again, again, strict=False)))
        # The wrong one of two answers counts, whichever came first.
        counted = [later.get(i, answer) for i, answer in enumerate(answers)] if later else answers
        witness = Witness(candidate, self.proposals)
        if ended is not None:
            # It died after the last graded answer: it is asked about no smaller networks.
            witness.left = 0
        noticed = self._flags(answers, probed, witness)
        return self._concluded(counted, answers, len(later), pure, noticed, witness, fresh)

    def _evidence(
        self, witness: Witness, answers: Sequence[Answer], failing: Sequence[Sequence[int]]
    ) -> dict[int, Evidence]:
        """What the function wrote on its way, by network; empty for one that has ended."""
        evidence = self._written(witness, worth_asking(answers, failing, self.order))
        if any(each.form not in AS_IT_CAME for each in in_one_order(self.suite, evidence).values()):
            evidence |= self._written(witness, malformed_or_failing(answers, failing[0], evidence))
        return in_one_order(self.suite, evidence)

    def _written(self, witness: Witness, which: Sequence[int]) -> dict[int, Evidence]:
        """What it wrote about these networks."""
        if not witness.left or not which:
            return {}
        evidence = witness.candidate.evidence(self.suite.take(which))
        if len(evidence) < len(which):
            # It may have ended: it is asked nothing more.
            witness.left = 0
        return dict(zip(which, evidence, strict=False))

    def _flags(self, answers: Sequence[Answer], probed: Sequence[Answer], witness: Witness) -> tuple[Flag, ...]:
        found = []
        if recomputes(self.probes, probed):
            found.append(RECOMPUTES)
            try:
                if witness.left and differentiates(witness.candidate, self.suite, self.assignment):
                    found.append(NUMERICAL)
            except CandidateError:
                # Nothing is claimed of it, and it is asked nothing more.
                witness.left = 0
        if any(isinstance(each, Returned) and each.changed for each in answers):
            found.append(CHANGES)
        return tuple(found)

    def _concluded(  # noqa: PLR0913 - all that is known of a submission
        self,
        answers: Sequence[Answer],
        first: Sequence[Answer],
        later: int,
        pure: Row,
        noticed: tuple[Flag, ...],
        witness: Witness,
        fresh: Callable[[], Candidate],
    ) -> Judgement:
        agrees = agreement(self.suite, answers, later)
        evidence: dict[int, Evidence] = {}
        # Explanations follow the calls in their order: what was answered first.
        explained, explanation = agreement(self.suite, first) if later else agrees, Explanation()
        raised = next((each for each in answers if isinstance(each, Raised)), None)
        if agrees.mark is Mark.PASSED:
            rows, outcome = {**self._right, "form": Row(Mark.PASSED, len(answers), "")}, Outcome.PASSED
        else:
            read, by_answers = read_steps(self.suite, self.layers, answers, self.assignment)
            failing = (agrees.failing, self.home, *(row.failing for row in by_answers.values()))
            evidence = self._evidence(witness, answers, failing)
            explanation = self._explained(first, explained, evidence, pure, noticed)
            # Of first answers alone it says nothing of the second ones, unless all lines are right in both.
            of_all = explanation if not later or explanation.wrong == frozenset() else Explanation()
            shape, rows = any_shape(
                self.suite, self.layers, answers, self.assignment, agrees, self.home, read, evidence, of_all
            )
            rows |= {"any_shape": shape, "form": form(self.suite, answers, evidence)}
            if not _propagates(rows) and witness.left:
                candidate = witness.candidate
                if ignores_error(candidate, self.suite, self.telling, evidence, agrees.failing, self.assignment):
                    rows |= unpropagated(rows, agrees)
            outcome = Outcome.FAILED
            if all(isinstance(answers[i], Raised) for i in self.home):
                raised = next(each for each in (answers[i] for i in self.home) if isinstance(each, Raised))
                rows["any_shape"] = pure = Row(Mark.NOT_RUN, 0, RAISED_AT_HOME)
                outcome = Outcome.ERROR
        rows |= {"finite_differences": agrees, "pure": pure}
        shown = Examples(self.revision, self.order, answers, witness, fresh).of(rows)
        properties = self._properties(rows, shown)
        return Judgement(
            outcome,
            properties,
            next((row.counterexample for row in properties if row.counterexample), None),
            StudentError(raised.type, raised.message, raised.traceback, raised.frames, raised.lines)
            if raised
            else None,
            self._statistics(len(answers)),
            noticed,
            explanation.diagnoses,
            self._first_difference(first, explained, evidence, explanation),
        )

    def _explained(
        self,
        answers: Sequence[Answer],
        agrees: Row,
        evidence: Mapping[int, Evidence],
        pure: Row,
        noticed: tuple[Flag, ...],
    ) -> Explanation:
        """Return what is wrong, in words and for the marks."""
        raises = all(isinstance(answers[i], Raised) for i in self.home)
        repeats = pure.mark is not Mark.FAILED or CHANGES in noticed or raises
        differentiates = NUMERICAL in noticed
        return self.diagnoser.diagnose(
            answers, agrees.failing, evidence, repeats=repeats, differentiates=differentiates
        )

    def _first_difference(
        self, answers: Sequence[Answer], agrees: Row, evidence: Mapping[int, Evidence], explanation: Explanation
    ) -> FirstDifference | None:
        """Where it shows first; None if what is swapped or paired at the end landed in another layer."""
        misplaced = any(each.form in MISPLACED for each in evidence.values())
        if not agrees.failing or misplaced or explanation.returned:
            return None
        return first_difference(self.suite, answers, agrees.failing, self.assignment, evidence)

    def _properties(self, rows: dict[str, Row], shown: dict[str, tuple[Counterexample, bool]]) -> tuple[Property, ...]:
        found = []
        for name in ORDER:
            row, most = rows[name], self.maxima[name]
            example, repeats = shown.get(name, (None, True))
            found.append(
                Property(
                    name,
                    TITLES[name],
                    row.mark,
                    most if row.mark is Mark.PASSED else 0,
                    most,
                    row.networks,
                    row.message + ("" if repeats else wording.STATE),
                    example,
                    row.names,
                )
            )
        return tuple(found)

    def _ended(self, error: CandidateError, answers: Sequence[Answer]) -> Judgement:
        """It ended at the network after the last that it answered; nothing of it is judged."""
        outcome, name = next(kind for cls, kind in ENDED.items() if isinstance(error, cls))
        rows = self._properties(dict.fromkeys(ORDER, Row(Mark.NOT_RUN, 0, NOT_REACHED)), {})
        if outcome is Outcome.OUTPUT_LIMIT:
            # Prints and answers come over two pipes: which network it was is a matter of timing.
            ended = StudentError(name, str(error), ending=str(error))
            return Judgement(outcome, rows, None, ended, self._statistics(0))
        at = len(answers)
        example = counterexample(self.suite, at, None, self.assignment)
        network = NetworkReached(at + 1, len(self.suite), example.depth)
        ended = StudentError(name, f"{error} {wording.reached(network)}", ending=str(error), network=network)
        return Judgement(outcome, rows, example, ended, self._statistics(at))

    def _statistics(self, networks: int) -> Statistics:
        truths = self.suite.derivatives[: self.suite.starts[networks]]
        left_out = int(np.isnan(truths).sum())
        return Statistics(networks, len(truths) - left_out, left_out, self.assignment.seed)


def _propagates(rows: Mapping[str, Row]) -> bool:
    """True if the error at the output is right, and each layer's follows from the one above."""
    return all(rows[name].mark is Mark.PASSED for name in STEPS if name != "weight_gradient")
