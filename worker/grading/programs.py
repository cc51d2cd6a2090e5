"""The programs that are made of a wrong submission: each is written in one jail, and runs in another."""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from backmark.grader.contracts.cases.answers import Candidate
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.cases.exchange import ContractExchange
from backmark.grader.contracts.values.program import SITED
from backmark.grader.contracts.values.recorded import RecordedSolution
from backmark.grader.contracts.values.recorder import record_solution
from backmark.grader.contracts.values.written import (
    Operand,
    WrittenEdit,
    WrittenProgram,
    WrittenSite,
    WrittenStatement,
)
from backmark.grader.errors import CandidateError, Crashed, SubmissionError, TimedOut
from backmark.worker.grading.candidate import Conversation, Jailed, Requests, entry
from backmark.worker.sandbox.inside.entry import Entry

#: The names of programs' files, as a jail reads them.
_PROGRAM, _SOLUTION = "program.py", "solution.py"


class WritingSession(Conversation, Protocol):
    """The part of a session in which programs are written."""

    @property
    def usable(self) -> bool:
        """True if it can be asked further."""
        ...

    def extract(self, source: bytes, filename: str, entry: Entry) -> object:
        """Let the jail read a file, without executing any of it; raises SubmissionError."""
        ...

    def write(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return a program of what was extracted, as checked JSON; raises a CandidateError."""
        ...

    def close(self) -> None:
        """End the jail."""
        ...


@dataclass(slots=True)
class KeptSolution:
    """The solution's values of one revision, once they are recorded."""

    recorded: RecordedSolution | None = None


@dataclass
class JailedPrograms:
    """The programs of one submission; none of them runs where it is written."""

    source: bytes
    filename: str
    solution: str
    exchange: ContractExchange
    #: Starts a jail; raises if none may be.
    start: Callable[[], WritingSession]
    #: Starts a jail for the author's own code.
    start_apart: Callable[[], WritingSession]
    kept: KeptSolution = field(default_factory=KeptSolution)
    _writer: WritingSession | None = None
    _runner: WritingSession | None = None

    def write(self, wanted: Mapping[str, Any]) -> WrittenProgram:
        """Return a program made of the submission; raises CandidateError. The jail is kept: nothing runs in it."""
        if self._writer is None:
            self._writer = self.start()
            _read(self._writer, self.source, self.filename, self.exchange)
        return _read_program(self._writer.write({**wanted, **self._facts}))

    @cached_property
    def _facts(self) -> Mapping[str, Any]:
        """What a writer is told of the contract: the functions of one parameter that it gives, template, and call."""
        assignment = self.exchange.assignment
        given = [node for node in ast.parse(assignment.helpers).body if isinstance(node, ast.FunctionDef)]
        helpers = [node.name for node in given if len(node.args.args) == 1]
        return {"helpers": helpers, "template": assignment.template, "call": assignment.call}

    @contextmanager
    def open(self, text: str, exchange: ContractExchange, *, alone: bool = False) -> Iterator[Candidate]:
        """Yield a program in a jail; raises CandidateError.

        It may be one in which others of the submission have run: these can mislead the search, and no more. What is
        believed has run alone.
        """
        if self._runner is not None and (alone or not self._runner.usable):
            self._runner.close()
            self._runner = None
        if self._runner is None:
            self._runner = self.start()
        _read(self._runner, text.encode(), _PROGRAM, exchange)
        yield Jailed(self._runner, Requests(exchange))

    def record_solution(
        self, exchange: ContractExchange, cases: ContractCases, order: Sequence[int], sites: tuple[int, ...] = ()
    ) -> RecordedSolution:
        """Return the solution's values; raises CandidateError.

        They are recorded in jails of their own the first time, and anew at some `sites` of which all are wanted.
        """
        if self.kept.recorded is None:
            with closing(self.start_apart()) as session:
                _read(session, self.solution.encode(), _SOLUTION, self.exchange)
                program = _read_program(session.write({**SITED, **self._facts}))
            try:
                self.kept.recorded = self._record(program, exchange, cases, order)
            except TimedOut:
                # What a busy machine decides is decided anew for the next submission.
                raise
            except CandidateError:
                self.kept.recorded = RecordedSolution(program, cases, {})
        if sites:
            return self._record(self.kept.recorded.program, exchange, cases, order, sites)
        return self.kept.recorded

    def _record(
        self,
        program: WrittenProgram,
        exchange: ContractExchange,
        cases: ContractCases,
        order: Sequence[int],
        sites: tuple[int, ...] | None = None,
    ) -> RecordedSolution:
        with closing(self.start_apart()) as session:
            _read(session, program.text.encode(), _SOLUTION, exchange)
            return record_solution(program, Jailed(session, Requests(exchange)), cases, order, sites)

    def close(self) -> None:
        """End the jails."""
        for session in (self._writer, self._runner):
            if session is not None:
                session.close()
        self._writer = self._runner = None


def _read(session: WritingSession, source: bytes, filename: str, exchange: ContractExchange) -> None:
    try:
        session.extract(source, filename, entry(exchange))
    except SubmissionError as error:
        ended = TimedOut if isinstance(error.__cause__, TimedOut) else Crashed
        raise ended(f"A program of the submission could not be read: {error}") from error


def _read_program(written: Mapping[str, Any]) -> WrittenProgram:
    sites = (
        WrittenSite(
            *(site["kind"], site["statement"], site["parent"], tuple(site["spot"]), site["variable"]),
            *(
                tuple(site["writers"]),
                site["root"],
                site["operator"],
                tuple(Operand(*operand) for operand in site["operands"]),
            ),
        )
        for site in written["sites"]
    )
    statements = (WrittenStatement(**{**each, "spot": tuple(each["spot"])}) for each in written["statements"])
    edits = (WrittenEdit(*edit) for edit in written["edits"])
    return WrittenProgram(written["text"], tuple(sites), tuple(statements), tuple(edits), tuple(written["changed"]))
