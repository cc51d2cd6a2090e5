"""Submissions of our own, run in the tests' process: the jail's code without the jail, for corpora of thousands."""

import contextlib
import resource
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.cases.exchange import ContractExchange
from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.errors import SubmissionError
from backmark.worker.grading.candidate import Jailed, Requests, entry
from backmark.worker.grading.programs import JailedPrograms, KeptSolution
from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.inside.questions import read_request
from backmark.worker.sandbox.inside.reading.listing import Slice
from backmark.worker.sandbox.inside.reading.rejection import Rejected
from backmark.worker.sandbox.inside.reading.source import extract
from backmark.worker.sandbox.inside.student import Student
from backmark.worker.sandbox.inside.wire import Parser
from backmark.worker.sandbox.inside.writing.programs import write_program
from backmark.worker.sandbox.reply import Reply, read_written
from backmark.worker.sandbox.request import JailRequest

#: Bytes that a source may take beyond what this process has. A mutant whose arrays grow from layer to layer took
#: gigabytes, and seconds, before it raised what it raises anyhow; no right one takes a hundredth of this.
MEMORY = 128 << 20


@contextlib.contextmanager
def bound_memory() -> Iterator[None]:
    """Bound the address space of this process, as a jail does; elsewhere than on Linux nobody counts it."""
    if sys.platform != "linux":
        yield
        return
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


class LocalSession:
    """Answers as a session does, within this process."""

    def __init__(self, source: str, entry: Entry) -> None:
        cut = extract(source.encode(), "submission.py", entry)
        self._student = Student(cut)
        self.replies: list[Reply] = []

    def answer(self, request: JailRequest) -> list[Reply]:
        """One reply for each case."""
        parser = Parser(payload_cap=max(request.answer_sizes, default=0))
        question = read_request(dict(request.header), request.payload)
        with bound_memory(), np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            frames = [frame for data in question.answers(self._student) for frame in parser.feed(data)]
        self.replies = [Reply(frame.header, frame.payload) for frame in frames]
        return self.replies


#: The solutions' values, by the cases of their revisions.
_KEPT: WeakKeyDictionary[ContractCases, KeptSolution] = WeakKeyDictionary()


class LocalWriter:
    """Reads and writes as a session does, within this process."""

    usable = True

    def close(self) -> None:
        """Nothing runs on."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self._session: LocalSession | None = None
        self._slice: Slice | None = None

    def extract(self, source: bytes, filename: str, entry: Entry) -> None:
        """Read a file."""
        try:
            self._slice = extract(source, filename, entry)
        except Rejected as error:
            raise SubmissionError(error.reason, error.message) from error
        self._session = LocalSession(source.decode(), entry)

    def write(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return a program of it."""
        assert self._slice is not None
        (frame,) = Parser(payload_cap=1 << 23).feed(write_program(self._slice, wanted))
        return read_written(frame)

    def answer(self, request: JailRequest) -> list[Reply]:
        """One reply for each case."""
        assert self._session is not None
        self.replies = self._session.answer(request)
        return self.replies


def local_programs(source: str, judge: Judge) -> JailedPrograms:
    """The programs of a submission, without jails: never of code that is not our own."""
    contract = judge.contract
    kept = _KEPT.setdefault(contract.cases, KeptSolution())
    solution, exchange = contract.assignment.solution, contract.exchange
    return JailedPrograms(source.encode(), "submission.py", solution, exchange, LocalWriter, LocalWriter, kept)


def local(source: str, judge: Judge) -> Jailed:
    """A candidate without a jail: never for code that is not our own."""
    return local_by(source, judge.contract.exchange)


def local_by(source: str, exchange: ContractExchange) -> Jailed:
    """The same of any exchange."""
    return Jailed(LocalSession(source, entry(exchange)), Requests(exchange))


def entry_of(function: str) -> Entry:
    """What is looked for in a submission to notebook 7.2, whose function has this name."""
    return Entry(
        function,
        given=frozenset({"K", "d_loss_d_output", "indicator_function"}),
        fixed=frozenset({"K"}),
        lists=frozenset({"all_dl_dweights[k]", "all_dl_dbiases[k]"}),
        arguments=frozenset({"all_weights", "all_biases", "all_f", "all_h", "y"}),
        results=frozenset({"all_dl_dweights[0]", "all_dl_dbiases[0]"}),
        call=f"all_dl_dweights, all_dl_dbiases = {function}(all_weights, all_biases, all_f, all_h, y)",
    )
