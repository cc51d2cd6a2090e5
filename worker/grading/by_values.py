"""Grading that looks for wrong lines by their values, too: for benches, until it is as good as repair by text."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from backmark.grader.contracts.values.written import WrittenProgram
from backmark.grader.errors import TimedOut
from backmark.worker.grading.grader import LONGEST_NAME, Grader, Grading, Stopped
from backmark.worker.grading.programs import JailedPrograms
from backmark.worker.sandbox.session import Session


@dataclass(frozen=True)
class ValueGrader(Grader):
    """A grader that names lines by their values where text finds none."""

    @cached_property
    def solution_programs(self) -> dict[str, WrittenProgram]:
        """The solution's program, once it is written."""
        return {}

    def grading(self, source: bytes, filename: str) -> "ValueGrading":
        """Return the grading of a file's bytes, not begun."""
        return ValueGrading(self, source, filename, written=self.solution_programs)


@dataclass(slots=True)
class ValueGrading(Grading):
    """A grading that makes programs of its submission."""

    #: The solution's program, once it is written.
    written: dict[str, WrittenProgram] = field(default_factory=dict)

    def _make_programs(self) -> JailedPrograms:
        """Return the programs that are made of it, whose jails have the budget of mending."""
        grader = self.grader
        assignment = grader.judge.assignment
        return JailedPrograms(
            self.source,
            self.filename[-LONGEST_NAME:],
            assignment.solution,
            grader.judge.contract.exchange,
            self._open_beside,
            self.written,
        )

    @contextlib.contextmanager
    def _open_beside(self) -> Iterator[Session]:
        """Start a jail for one program, and end it; raises Stopped, or TimedOut if no time is left for mending."""
        self._close()
        if self._stopped:
            raise Stopped
        if self._mending_budget.used > self.grader.limits.seconds:
            self._gave_up = True
            raise TimedOut("The seconds for mending are used up.")
        with self.grader.jails.take(self.grader.limits) as session:
            session.budget = self._mending_budget
            self._sessions.append(session)
            if self._stopped:
                session.stop()
            yield session
