"""The diagnosis of one submission: every explanation that holds on all networks, or none."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from grader.model.verdict import Diagnosis
from grader.oracle.answers import Answer, Malformed, Raised
from grader.oracle.cases import Booleans
from grader.oracle.suite import Suite
from grader.subjects.networks.assignment import Assignment, References
from grader.subjects.networks.diagnosis import hints
from grader.subjects.networks.diagnosis.agreeing import agreeing
from grader.subjects.networks.diagnosis.bug import Bug, Where
from grader.subjects.networks.diagnosis.bugs import library
from grader.subjects.networks.diagnosis.case import Case
from grader.subjects.networks.diagnosis.coarse import coarse
from grader.subjects.networks.diagnosis.fit import Fit, Ideas, alone, together
from grader.subjects.networks.diagnosis.line_samples import sample_lines
from grader.subjects.networks.diagnosis.missing_entries import (
    find_layers_left_out,
    find_misshapen,
    find_order,
    find_shared_memory,
)
from grader.subjects.networks.diagnosis.misuse import OWN_ASSERTION
from grader.subjects.networks.diagnosis.numeric import LOWEST_LEFT_OUT, numeric
from grader.subjects.networks.diagnosis.observed import find_facts
from grader.subjects.networks.diagnosis.other_input import other_input
from grader.subjects.networks.diagnosis.own_pass import own_pass
from grader.subjects.networks.diagnosis.predictions import Predictions
from grader.subjects.networks.diagnosis.raising import WRONG_SHAPE, Blame, find_blame
from grader.subjects.networks.diagnosis.reach import ONE_OUTPUT, reach
from grader.subjects.networks.diagnosis.state import DEPENDS, KEEPS, state
from grader.subjects.networks.diagnosis.stopping import stopping
from grader.subjects.networks.diagnosis.work import views
from grader.subjects.networks.evidence import Evidence
from grader.subjects.networks.explanation import Explanation
from grader.subjects.networks.form import normalize_forms
from grader.subjects.networks.left_out import blank_left_out, find_left_out

#: For who is seen to follow the loss instead of the chain rule.
DIFFERENTIATES = Bug(
    "finite_differences",
    "computes its derivatives by finite differences",
    Where.WHOLE,
    (),
    "How many forward passes does your function need for one gradient, and how exact is it?",
    "Go backwards once, from all_dl_df[K] down, with the chain rule; a small step only checks it.",
)


def _blaming(fit: Fit, blame: Blame) -> Fit:
    """The explanation with the line that raised, unless it blames another of the notebook's lines."""
    places = {bug.where for bug in fit.bugs}
    same = Where.RETURN in places or blame.slip.where in {Where.RAISES, *places}
    return replace(fit, blame=blame) if same else fit


#: Bugs of the line at the end.
_RETURNED = frozenset(bug.id for bug in library.RETURNED)
_RETURNED_WRONGLY = Ideas(library.RETURNED)


@dataclass(frozen=True)
class Diagnoser:
    """An assignment's networks and bug models, made ready once for many submissions."""

    assignment: Assignment
    suite: Suite

    @cached_property
    def _predictions(self) -> Predictions:
        return Predictions(views(self.suite.networks, self.assignment.formulas))

    @cached_property
    def _biases(self) -> Booleans:
        sizes = [pair for sizes_of_one in self.suite.sizes for pair in pairwise(sizes_of_one)]
        lengths = [n for inputs, outputs in sizes for n in (inputs * outputs, outputs)]
        return np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)

    @cached_property
    def _ideas(self) -> Ideas:
        return Ideas(library.of(self.assignment))

    @cached_property
    def _paired(self) -> Ideas:
        return Ideas((*library.of(self.assignment), *library.PAIRED))

    @property
    def unrepeated(self) -> tuple[Diagnosis, ...]:
        """The explanation of answers that a process gives only after others: facts about lines would mislead."""
        return hints.write_diagnoses([Fit((DEPENDS,))], self.assignment.references)

    def diagnose(  # noqa: PLR0913 - the answers, and all that is known of them
        self,
        answers: Sequence[Answer],
        wrong: Sequence[int],
        evidence: Mapping[int, Evidence],
        *,
        repeats: bool,
        differentiates: bool,
        fails_alone: Callable[[], bool],
    ) -> Explanation:
        """Return the explanation of the answers to every network.

        `wrong` are those that are not right, `evidence` is what it wrote on its way, `repeats` says whether it answered
        the same when it was asked again, `differentiates` whether the probes showed finite differences. `fails_alone`
        asks fresh processes about wrong networks, and returns True if one is wrong there, too.
        """
        if not wrong:
            return Explanation()
        if differentiates:
            return _explanation([Fit((DIFFERENTIATES,))], self.assignment.references)
        case = Case(self.suite, self._predictions, answers, frozenset(wrong), self._biases, fails_alone)
        with np.errstate(all="ignore"):
            blame = find_blame(case, evidence)
            fits = agreeing(case, self._explain(case, blame, evidence), evidence)
        explanation = _explanation(fits or ([] if repeats else [Fit((KEEPS,))]), self.assignment.references)
        if blame is not None and [fit.bugs for fit in fits] == [(blame.bug,)] and self._raises_elsewhere(case):
            # The networks that did not raise are wrong by what it says nothing of.
            return replace(explanation, wrong=None, raising=True)
        return explanation

    def add_facts(
        self,
        answers: Sequence[Answer],
        evidence: Mapping[int, Evidence],
        explanation: Explanation,
        failed: frozenset[str],
        wrong: Sequence[int],
    ) -> tuple[Diagnosis, ...]:
        """Return the diagnoses with the facts about lines of steps that failed and that no explanation accounts for.

        None are added to explanations that are alternatives, or to one that accounts for every number.
        """
        known = explanation.diagnoses
        settled = explanation.complete or (explanation.wrong is None and not explanation.raising)
        if len(known) > 1 or (known and settled):
            return known
        # With several outputs it is wrong in a way that the numbers of outputs do not say.
        described = bool(known) and known[0].id == ONE_OUTPUT
        unexplained = failed if described else failed - (explanation.wrong or frozenset())
        readable = normalize_forms(self.suite, answers, evidence)
        lowest = find_left_out(self.suite, readable)
        # What stands in a layer that was left out says nothing of the lines.
        readable = blank_left_out(self.suite, readable, lowest)
        with np.errstate(all="ignore"):
            seen = find_facts(sample_lines(self.suite, self._predictions.views, readable, evidence, unexplained))
        shared = find_shared_memory(self.suite, evidence, wrong, unexplained)
        bugs = (*shared, *seen) or find_misshapen(self.suite, evidence, unexplained)
        references = self.assignment.references
        if known:
            return (hints.add_facts(known[0], bugs, references),) if bugs else known
        left_out = LOWEST_LEFT_OUT if lowest else find_layers_left_out(self.suite, evidence)
        bugs = bugs if left_out is None else (left_out, *bugs)
        order = find_order(evidence)
        bugs = bugs if order is None else (order, *bugs)
        return hints.write_diagnoses([Fit(bugs)], references) if bugs else known

    def _raises_elsewhere(self, case: Case) -> bool:
        """True if it raised with one number of layers alone, and networks with others are wrong."""
        raised = {len(self.suite.sizes[i]) for i in case.wrong if isinstance(case.answers[i], Raised)}
        returned = {len(self.suite.sizes[i]) for i in case.wrong if not isinstance(case.answers[i], Raised)}
        return len(raised) == 1 and bool(returned - raised)

    def _explain(self, case: Case, blame: Blame | None, evidence: Mapping[int, Evidence]) -> list[Fit]:
        """Return the fits to the returned numbers, with the line that raised; that line alone if there are none."""
        if blame is None:
            return self._fits(case, evidence) or reach(case, self.assignment)
        if blame.slip.id == OWN_ASSERTION:
            # On which networks it stops says nothing of the lines.
            return [Fit((blame.bug,))]
        # That a line writes another shape is the least that can be said of it.
        vague = blame.slip.id == WRONG_SHAPE
        # The line that raised says more than lists that it left unfinished.
        fits = (self._fits(case, {}) if case.numbers or vague else []) or reach(case, self.assignment)
        same = [fit for fit in fits if blame.slip.id in {bug.id for bug in fit.bugs}]
        places = {blame.slip.where, Where.RETURN} if vague else set()
        plausible = same or [fit for fit in fits if not fit.by_shapes or {bug.where for bug in fit.bugs} <= places]
        return [_blaming(fit, blame) for fit in plausible] or [Fit((blame.bug,))]

    def _fits(self, case: Case, evidence: Mapping[int, Evidence]) -> list[Fit]:
        """The first kind of explanation that fits, and that the lists do not contradict."""
        for fits in self._list_fits(case):
            if fits and (agreed := agreeing(case, fits, evidence)):
                return agreed
        return []

    def _list_fits(self, case: Case) -> Iterator[list[Fit]]:
        """From what explains most exactly to what is only described."""
        yield alone(case, self._ideas)
        if any(isinstance(answer, Malformed) for answer in case.answers):
            yield alone(case, _RETURNED_WRONGLY)
        yield numeric(case, self.assignment.rtol)
        yield coarse(case)
        yield state(case)
        yield stopping(case)
        yield other_input(case)
        yield own_pass(case)
        yield together(case, self._paired)


#: The two steps between layers.
_BETWEEN = frozenset({Where.ACTIVATION.value.name, Where.DERIVATIVE.value.name})


def _explanation(fits: Sequence[Fit], references: References) -> Explanation:
    bugs = [bug for fit in fits for bug in fit.bugs]
    wrong = {frozenset(step for bug in fit.bugs for step in bug.steps or ()) for fit in fits}
    # Shapes alone do not show which of the two steps between layers made them.
    unclear = any(bug.either and fit.by_shapes for fit in fits for bug in fit.bugs)
    agree = len(wrong) == 1 and not unclear and all(bug.steps is not None for bug in bugs)
    between = all(fit.by_shapes for fit in fits) and all(len(steps) == 1 and steps <= _BETWEEN for steps in wrong)
    return Explanation(
        hints.write_diagnoses(fits, references),
        next(iter(wrong)) if agree else None,
        bool(fits) and between and not agree,
        agree and all(fit.complete for fit in fits),
        bool(bugs) and all(bug.id in _RETURNED or bug.steps == () for bug in bugs),
        bool(bugs) and all(bug.where is Where.RAISES for bug in bugs),
        any(bug.either for bug in bugs),
    )
