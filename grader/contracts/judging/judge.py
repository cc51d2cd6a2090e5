"""The judge: answers in, judgement out. It runs nothing of a student's itself."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from backmark.grader.contracts.cases.answers import Answer, Candidate, Malformed, Raised, find_told
from backmark.grader.contracts.cases.contract_cases import ContractCases, Layout
from backmark.grader.contracts.cases.exchange import ContractExchange
from backmark.grader.contracts.cases.fresh_cases import FreshCases
from backmark.grader.contracts.cases.raising import OLD
from backmark.grader.contracts.judging.contract import Contract
from backmark.grader.contracts.judging.examples import Example, Examples, find_shown
from backmark.grader.contracts.judging.fresh_cases import FAILS_FRESH, judge_fresh
from backmark.grader.contracts.judging.marks import ContractMarks, Given
from backmark.grader.contracts.judging.other_convention import judge_by_convention
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.judging.witness import Witness
from backmark.grader.contracts.language.assignment import ContractAssignment, Convention
from backmark.grader.contracts.rows import wording
from backmark.grader.contracts.rows.agreement import AGREEMENT, PARAMETERS, PURE, agreement, purity, wrong_later
from backmark.grader.contracts.rows.results import list_rows
from backmark.grader.contracts.rows.row import Row, RowSpec, list_reasons
from backmark.grader.contracts.values.endless import find_endless_loop
from backmark.grader.contracts.values.program import Programs
from backmark.grader.errors import CandidateError, Crashed, OutOfMemory, TimedOut, TooMuchOutput
from backmark.grader.model.mended_statement import MendedStatement
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.reason import Reason
from backmark.grader.model.verdict import (
    CaseReached,
    Flag,
    Judgement,
    Mark,
    Property,
    PythonMistake,
    Remark,
    RemarkKind,
    Statistics,
    StudentError,
)

ENDED = {
    TimedOut: (Outcome.TIMEOUT, "TimeLimit"),
    OutOfMemory: (Outcome.MEMORY, "MemoryLimit"),
    TooMuchOutput: (Outcome.OUTPUT_LIMIT, "OutputLimit"),
    Crashed: (Outcome.CRASHED, "Crash"),
}

#: The number of cases that are asked about a second time, after all others.
AGAIN = 24

CHANGES = Flag("changes_arguments", "changes its arguments in place")


@dataclass(frozen=True)
class Judge:
    """A revision made ready, once, for judging many submissions."""

    revision: ContractRevision

    @property
    def assignment(self) -> ContractAssignment:
        """The assignment."""
        return self.revision.assignment

    @cached_property
    def contract(self) -> Contract:
        """The revision's contract, made ready."""
        return self.revision.contract

    @property
    def cases(self) -> ContractCases:
        """The cases that decide."""
        return self.contract.cases

    @cached_property
    def asked_again(self) -> list[int]:
        """Places asked about twice, from the last to the first: one for each module, and others of the commonest.

        What goes wrong at every so many calls of a module is seen where most are made.
        """
        modules = self.cases.modules
        last = set({module: i for i, module in enumerate(modules)}.values())
        commonest = Counter(modules).most_common(1)[0][0] if len(modules) else None
        places = sorted(range(len(modules)), key=lambda i: (i not in last, modules[i] != commonest, -i))
        return sorted(places[:AGAIN], reverse=True)

    @cached_property
    def questions(self) -> ContractCases:
        """All that a submission is asked in the first exchange: the cases, some of them again, the probes."""
        outside = () if self.contract.outside is None else (self.contract.outside,)
        return self.cases.join(self.cases.take(self.asked_again), self.contract.probes, *outside)

    def judge(
        self,
        candidate: Candidate,
        fresh: Callable[[], Candidate],
        checkers: Callable[[ContractExchange], Candidate | None] | None = None,
        programs: Programs | None = None,
        fresh_cases: FreshCases | None = None,
    ) -> Judgement:
        """Ask, compare and conclude. Who is right in the revision's own cases is asked about the fresh ones as well.

        `fresh` starts the same submission in a new process, for confirming.

        `checkers` returns it for the questions of the notebook's own check, once all is judged; None: these are not
        asked. `programs` are made of it to find which of its lines are wrong; None: none is.
        """
        ended: CandidateError | None = None
        try:
            given = candidate.answer(self.questions)
        except CandidateError as error:
            given, ended = error.answers, error
        n = len(self.cases)
        answers = given[:n]
        if ended is not None and len(answers) < n:
            return self._judge_ended(ended, answers, programs)
        if (mistake := _find_old(answers)) is not None:
            message = f"Your code {mistake.text} {wording.RUN_IT}"
            return self._refuse(StudentError("python_2", message, lines=(mistake.line,), mistake=mistake))
        rest = given[n:]
        again, probed = rest[: len(self.asked_again)], rest[len(self.asked_again) :]
        probed, further = probed[: len(self.contract.probes)], probed[len(self.contract.probes) :]
        incomplete = len(again) < len(self.asked_again)
        pure = purity(answers, again, self.asked_again, ended=incomplete)
        later = wrong_later(self.cases, answers, dict(zip(self.asked_again, again, strict=False)))
        # The wrong one of two answers counts, whichever came first.
        counted = [later.get(i, answer) for i, answer in enumerate(answers)] if later else answers
        witness = Witness(candidate)
        if ended is not None:
            # It died after the last graded answer: it is asked about no smaller cases.
            witness.left = 0
        noticed = self._flags(answers, probed, witness)
        further_asked = None if ended is not None else checkers
        judgement = self._conclude(counted, len(later), pure, noticed, witness, fresh, further_asked, programs)
        if all(map(_is_nothing, answers, self.cases.layouts)) and not any(row.score for row in judgement.properties):
            # Lines that are filled in may earn marks before any result comes back.
            return self._refuse(StudentError("unfilled", wording.ALL_NONE))
        if self.assignment.taught is not None:
            judgement = self._remark_taught(judgement, counted, further)
        if judgement.outcome is Outcome.PASSED and fresh_cases is not None and checkers is not None:
            return self._ask_fresh_cases(judgement, fresh_cases, checkers, fresh)
        return judgement

    def _ask_fresh_cases(
        self,
        judgement: Judgement,
        fresh_cases: FreshCases,
        checkers: Callable[[ContractExchange], Candidate | None],
        fresh: Callable[[], Candidate],
    ) -> Judgement:
        """Return the judgement of a submission that is right in all other cases: if it fails here, nothing is shown."""
        exchange, cases = self.contract.exchange, fresh_cases.cases
        by_convention = any(remark.kind is RemarkKind.CONVENTION for remark in judgement.remarks)
        if by_convention:
            # One that costs nothing, of which there is no ladder.
            other = next(other for other in self.contract.other_conventions if other.fits(checkers))
            exchange, cases = other.exchange, fresh_cases.conventions[other.convention.name]
        try:
            candidate = checkers(exchange)
            answers = [] if candidate is None else candidate.answer(cases)
        except CandidateError as error:
            outcome, name = _find_end(error)
            flags = (*judgement.flags, replace(FAILS_FRESH, cases=fresh_cases.places[len(error.answers) :][:1]))
            ended = StudentError(name, wording.ENDED_UNSHOWN, ending=wording.ENDED_UNSHOWN)
            rows = self.not_run(wording.NOT_REACHED)
            return Judgement(outcome, rows, error=ended, statistics=judgement.statistics, flags=flags)
        failed = judge_fresh(self.contract, cases, answers, None if by_convention else fresh)
        if failed is None:
            return judgement
        failing = tuple(fresh_cases.places[i] for i in failed.failing)
        titled = list_rows(self.assignment, by_results=True)
        before = {row.name: Row(row.outcome, row.networks, row.message) for row in judgement.properties}
        properties = self._properties({**before, **failed.rows}, failed.shown, titled)
        return Judgement(
            Outcome.FAILED,
            properties,
            next((row.counterexample for row in properties if row.counterexample), None),
            statistics=judgement.statistics,
            flags=(*judgement.flags, replace(FAILS_FRESH, cases=failing)),
        )

    def _flags(self, answers: Sequence[Answer], probed: Sequence[Answer], witness: Witness) -> tuple[Flag, ...]:
        flags = self.contract.flags(probed, witness)
        if any(answer.changed for answer in answers):
            flags.append(CHANGES)
        return tuple(flags)

    def _conclude(  # noqa: PLR0913 - all that is known of a submission
        self,
        answers: Sequence[Answer],
        later: int,
        pure: Row,
        noticed: tuple[Flag, ...],
        witness: Witness,
        fresh: Callable[[], Candidate],
        checkers: Callable[[ContractExchange], Candidate | None] | None,
        programs: Programs | None,
    ) -> Judgement:
        contract = self.contract
        agrees = agreement(self.cases, answers, later)
        raised = find_told(answers)
        rows, outcome, marks = {AGREEMENT: agrees, PURE: pure}, Outcome.PASSED, ContractMarks({})
        # Whoever reads the submission knows better.
        rows[PARAMETERS] = Row(Mark.PASSED, len(answers), "")
        if agrees.mark is Mark.PASSED:
            rows |= contract.right(len(answers))
        else:
            repeats = pure.mark is not Mark.FAILED or CHANGES in noticed
            loosened = contract.loosen(answers, checkers) if repeats else ()
            marks = contract.marks(Given(answers, agrees, repeats, loosened))
            outcome = Outcome.FAILED if marks.raised is None else Outcome.ERROR
            raised = marks.raised or raised
            rows |= marks.rows
        shown = Examples(contract, answers, witness, fresh).smallest_by_row(rows)
        diagnosis, wrong_results = marks.diagnosis, marks.wrong_results
        depends = any(example.depends for example in shown.values())
        if depends:
            # By what was kept between calls every line may be right.
            wrong_results = ()
            if rows[PURE].mark is Mark.PASSED:
                rows[PURE] = replace(rows[PURE], mark=Mark.FAILED, message=wording.DIFFERS_ALONE)
        differs = rows[PURE].mark is Mark.FAILED and CHANGES not in noticed
        # Where answers differ from time to time, or follow from calls before, the same call may be right.
        for name, example in shown.items():
            if differs or not example.repeats:
                shown[name] = example._replace(shown=replace(example.shown, script=""))
        other = self._find_convention(rows, checkers)
        if other is not None and other.costs is not None:
            return self._judge_by_convention(other, other.costs, rows, noticed)
        check = None if checkers is None or differs else contract.explain_check(checkers)
        specs = marks.specs or contract.rows
        repair: tuple[MendedStatement, ...] = ()
        of_lines: tuple[Reason, ...] = ()
        # Where answers follow from what was kept between calls every line may be right.
        if marks.mend is not None and programs is not None and not depends:
            mended = marks.mend(programs)
            if mended is not None:
                rows |= mended.rows
                specs, repair, of_lines = mended.specs, mended.repair, mended.reasons
                if repair:
                    # The lines say more than claims about numbers.
                    diagnosis, wrong_results = mended.diagnosis, ()
        properties = self._properties(rows, shown, specs)
        first = next((shown[row.name] for row in properties if row.counterexample), None)
        raised = find_shown(raised, first)
        return Judgement(
            outcome,
            properties,
            next((row.counterexample for row in properties if row.counterexample), None),
            StudentError(
                *(raised.type, raised.message, raised.traceback, raised.frames, raised.lines), mistake=raised.mistake
            )
            if raised
            else None,
            self._statistics(len(answers)),
            noticed,
            diagnosis,
            wrong_results,
            repair=repair,
            notebook_check=check,
            remarks=(*(() if other is None else (self._remark(other),)), *self._remark_epsilons(answers)),
            explained_by=list_reasons(rows, specs, of_lines),
        )

    def _find_convention(
        self, rows: Mapping[str, Row], checkers: Callable[[ContractExchange], Candidate | None] | None
    ) -> Convention | None:
        """Return the other convention by which a submission is wholly right; None if there is none."""
        if checkers is None or rows[AGREEMENT].mark is Mark.PASSED or rows[PURE].mark is not Mark.PASSED:
            return None
        return self.contract.find_convention(checkers)

    def _remark(self, convention: Convention) -> Remark:
        return Remark(RemarkKind.CONVENTION, convention.title, self.assignment.counting)

    def _remark_taught(self, judgement: Judgement, answers: Sequence[Answer], further: Sequence[Answer]) -> Judgement:
        taught = self.contract.find_taught(agreement(self.cases, answers).failing, further)
        return judgement if taught is None else replace(judgement, remarks=(*judgement.remarks, taught))

    def _remark_epsilons(self, answers: Sequence[Answer]) -> Sequence[Remark]:
        found = self.contract.find_epsilons(answers)
        return [Remark(RemarkKind.EPSILON, name, epsilon=epsilon) for name, epsilon in found]

    def _judge_by_convention(
        self, convention: Convention, costs: Sequence[str], rows: Mapping[str, Row], noticed: tuple[Flag, ...]
    ) -> Judgement:
        """Conclude about a submission that is right by a convention of which the author says what it costs."""
        judged, specs = judge_by_convention(self.assignment, costs, rows)
        return Judgement(
            Outcome.FAILED if costs else Outcome.PASSED,
            self._properties(judged, {}, specs),
            statistics=self._statistics(len(self.cases)),
            flags=noticed,
            remarks=(self._remark(convention),),
            explained_by=list_reasons(judged, specs),
        )

    @staticmethod
    def _properties(
        rows: dict[str, Row], shown: Mapping[str, Example], specs: Sequence[RowSpec]
    ) -> tuple[Property, ...]:
        properties = []
        titles = {spec.name: spec.title for spec in specs}
        for spec in specs:
            row = rows[spec.name]
            if row.kept_by and spec.most:
                once = wording.costs_once(titles[row.kept_by])
                row = replace(row, message=f"{row.message} {once}", names=(*row.names, row.kept_by))
            example = shown.get(spec.name)
            properties.append(
                Property(
                    spec.name,
                    spec.title,
                    row.mark,
                    row.earn(spec.most),
                    spec.most,
                    row.cases,
                    row.message + ("" if example is None or example.repeats else wording.STATE),
                    None if example is None else example.shown,
                    row.names,
                )
            )
        return tuple(properties)

    def not_run(self, message: str) -> tuple[Property, ...]:
        """The rows of what was not judged, with the message that explains it."""
        specs = self.contract.rows
        return self._properties({spec.name: Row(Mark.NOT_RUN, 0, message) for spec in specs}, {}, specs)

    def _refuse(self, error: StudentError) -> Judgement:
        """Refuse what says nothing about the mathematics: it is no attempt."""
        return Judgement(
            Outcome.REJECTED, self.not_run(wording.NOTHING_TO_JUDGE), error=error, statistics=self._statistics(0)
        )

    def _judge_ended(self, error: CandidateError, answers: Sequence[Answer], programs: Programs | None) -> Judgement:
        """Conclude that it ended at the case after the last that it answered; nothing of it is judged."""
        outcome, name = _find_end(error)
        rows = self.not_run(wording.NOT_REACHED)
        if outcome is Outcome.OUTPUT_LIMIT:
            # Prints and answers come over two pipes: which case it was is a matter of timing.
            ended = StudentError(name, str(error), ending=str(error))
            return Judgement(outcome, rows, None, ended, self._statistics(0))
        at = len(answers)
        example = self.contract.show(self.cases, at, None)
        reached = CaseReached(at + 1, len(self.cases), self.contract.describe_case(at))
        endless = None
        if outcome is Outcome.TIMEOUT and programs is not None:
            endless = find_endless_loop(self.assignment, self.cases.take([at]), programs)
        advice = "" if endless else error.advice
        message = " ".join(filter(None, (error.ending, wording.describe_reached(reached), advice)))
        ended = StudentError(name, message, ending=str(error), reached=reached, mistake=endless)
        return Judgement(outcome, rows, example, ended, self._statistics(at))

    def _statistics(self, cases: int) -> Statistics:
        truths = self.cases.expected[: self.cases.starts[cases]]
        left_out = int(np.isnan(truths).sum())
        return Statistics(cases, len(truths) - left_out, left_out, self.assignment.seed)


def _find_end(error: CandidateError) -> tuple[Outcome, str]:
    """Return the outcome of a submission that ended, and its name."""
    return next(kind for cls, kind in ENDED.items() if isinstance(error, cls))


def _find_old(answers: Sequence[Answer]) -> PythonMistake | None:
    """Return the mistake behind answers that all raised, if it is that the code was written for Python 2."""
    told = find_told(answers)
    mistake = None if told is None else told.mistake
    every = all(isinstance(answer, Raised) for answer in answers)
    return mistake if mistake is not None and mistake.kind in OLD and every else None


def _is_nothing(answer: Answer, layout: Layout) -> bool:
    """Return True if every result is None, as a template returns them."""
    if not isinstance(answer, Malformed):
        return False
    empty = [form for form in answer.forms if form.received is not None and form.received.type == "NoneType"]
    return all(any(form.concerns(place.expression) for form in empty) for place in layout)
