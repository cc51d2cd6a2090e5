"""The programs that are made of a wrong submission: each is written in one jail, and runs in another."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from backmark.grader.contracts.cases.answers import Candidate
from backmark.grader.contracts.cases.exchange import ContractExchange
from backmark.grader.contracts.values.program import SITED
from backmark.grader.contracts.values.written import (
    Operand,
    WrittenEdit,
    WrittenProgram,
    WrittenSite,
    WrittenStatement,
)
from backmark.grader.errors import Crashed, SubmissionError
from backmark.worker.grading.candidate import Conversation, Jailed, Requests, entry
from backmark.worker.sandbox.inside.entry import Entry

#: The names of programs' files, as a jail reads them.
_PROGRAM, _SOLUTION = "program.py", "solution.py"


class WritingSession(Conversation, Protocol):
    """The part of a session in which programs are written."""

    def extract(self, source: bytes, filename: str, entry: Entry) -> object:
        """Let the jail read a file, without executing any of it; raises SubmissionError."""
        ...

    def write(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return a program of what was extracted, as checked JSON; raises a CandidateError."""
        ...


@dataclass(frozen=True)
class JailedPrograms:
    """The programs of one submission; none of them runs where it is written."""

    source: bytes
    filename: str
    #: The solution, and its program once that is written: it is the same for all submissions.
    solution: str
    exchange: ContractExchange
    #: Starts a jail, and ends it behind the context.
    start: Callable[[], AbstractContextManager[WritingSession]]
    known: dict[str, WrittenProgram] = field(default_factory=dict)

    def write(self, wanted: Mapping[str, Any]) -> WrittenProgram:
        """Return a program made of the submission; raises CandidateError."""
        return self._write(self.source, self.filename, wanted)

    def write_solution(self) -> WrittenProgram:
        """Return the solution's program with sites; raises CandidateError."""
        if self.solution not in self.known:
            self.known[self.solution] = self._write(self.solution.encode(), _SOLUTION, SITED)
        return self.known[self.solution]

    def _write(self, source: bytes, filename: str, wanted: Mapping[str, Any]) -> WrittenProgram:
        with self.start() as session:
            _read(session, source, filename, self.exchange)
            return _read_program(session.write(wanted))

    @contextmanager
    def open(self, text: str, exchange: ContractExchange) -> Iterator[Candidate]:
        """Yield a program in a jail of its own; raises CandidateError."""
        with self.start() as session:
            _read(session, text.encode(), _PROGRAM, exchange)
            yield Jailed(session, Requests(exchange))


def _read(session: WritingSession, source: bytes, filename: str, exchange: ContractExchange) -> None:
    try:
        session.extract(source, filename, entry(exchange))
    except SubmissionError as error:
        raise Crashed(f"A program of the submission could not be read: {error}") from error


def _read_program(written: Mapping[str, Any]) -> WrittenProgram:
    sites = (
        WrittenSite(
            *(site["kind"], site["statement"], site["parent"], tuple(site["spot"]), site["variable"], site["writer"]),
            *(site["root"], site["operator"], tuple(Operand(*operand) for operand in site["operands"])),
        )
        for site in written["sites"]
    )
    statements = (
        WrittenStatement(tuple(each["spot"]), each["root"], each["names"], each["returns"])
        for each in written["statements"]
    )
    edits = (WrittenEdit(*edit) for edit in written["edits"])
    return WrittenProgram(written["text"], tuple(sites), tuple(statements), tuple(edits), tuple(written["changed"]))
