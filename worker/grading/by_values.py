"""Grading that looks for wrong lines by their values, too: for benches, until it is as good as repair by text."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from backmark.grader.contracts.repair.mender import Mender
from backmark.grader.errors import TimedOut
from backmark.worker.grading.grader import LONGEST_NAME, Grader, Grading, Stopped
from backmark.worker.grading.programs import JailedPrograms, KeptSolution
from backmark.worker.sandbox.clock import Budget
from backmark.worker.sandbox.session import Session


@dataclass(frozen=True)
class ValueGrader(Grader):
    """A grader that names lines by their values where text finds none, or by their values alone."""

    by_text: bool = True

    @cached_property
    def solution(self) -> KeptSolution:
        """The solution's values, once they are recorded."""
        return KeptSolution()

    def grading(self, source: bytes, filename: str) -> "ValueGrading":
        """Return the grading of a file's bytes, not begun."""
        return ValueGrading(self, source, filename, kept=self.solution, by_text=self.by_text)


@dataclass(slots=True)
class ValueGrading(Grading):
    """A grading that makes programs of its submission."""

    #: The solution's values, once they are recorded.
    kept: KeptSolution = field(default_factory=KeptSolution)
    _of_programs: list[Session] = field(default_factory=list)
    by_text: bool = True

    def _choose_menders(self) -> Callable[[], Mender] | None:
        """Return what starts it for mending by text; None if lines are named by values alone."""
        return self._start_mending if self.by_text else None

    def _make_programs(self) -> JailedPrograms:
        """Return the programs that are made of it, whose jails have the budget of mending."""
        grader = self.grader
        return JailedPrograms(
            self.source,
            self.filename[-LONGEST_NAME:],
            grader.judge.assignment.solution,
            grader.judge.contract.exchange,
            self._open_beside,
            self._open_apart,
            self.kept,
        )

    def _open_beside(self) -> Session:
        """Start a jail for programs; raises Stopped, or TimedOut if no time is left for mending."""
        if self._mending_budget.used > self.grader.limits.seconds:
            self._gave_up = True
            raise TimedOut("The seconds for mending are used up.")
        return self._open(self._mending_budget)

    def _open_apart(self) -> Session:
        """Start a jail for the author's own code, whose time is not the submission's; raises Stopped."""
        return self._open(Budget())

    def _open(self, budget: Budget) -> Session:
        for session in self._sessions:
            # Of the jails in which it was judged none is left: a machine has memory for so many.
            if session not in self._of_programs:
                session.close()
        if self._stopped:
            raise Stopped
        session = self.grader.jails.take(self.grader.limits)
        session.budget = budget
        self._sessions.append(session)
        self._of_programs.append(session)
        if self._stopped:
            session.stop()
        return session
