"""Contracts of our own, built in the tests' process: the jail's code without the jail."""

import fcntl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from backmark.grader.contracts.cases.answers import Answer
from backmark.grader.contracts.cases.draw import draw_all
from backmark.grader.contracts.cases.drawn import dump_cases
from backmark.grader.contracts.cases.exchange import AnyExchange, ContractExchange
from backmark.grader.contracts.gallery import find_drawn
from backmark.grader.contracts.judging import revision
from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import ContractRevision, load_packaged
from backmark.grader.contracts.language import reading
from backmark.grader.contracts.language.assignment import ContractAssignment, assignment_to_json
from backmark.grader.contracts.language.driver import defined_names
from backmark.grader.contracts.publishing import finishing
from backmark.grader.contracts.values.program import Programs
from backmark.grader.errors import SubmissionError
from backmark.grader.model.assignment import Limits
from backmark.grader.model.verdict import Judgement
from backmark.worker.grading.candidate import Jailed, Requests, entry, request
from backmark.worker.grading.programs import JailedPrograms
from backmark.worker.grading.revisions import name_revision, save
from backmark.worker.sandbox.inside.reading.rejection import Rejected
from backmark.worker.sandbox.inside.reading.source import extract
from tests.conftest import REVISIONS
from tests.local import LocalSession, LocalWriter, local_by, local_programs


@dataclass(frozen=True)
class LocalWorkshop:
    """A workshop without jails: never for code that is not our own."""

    def fingerprint(self, source: str, filename: str, exchange: AnyExchange) -> str:
        """Return the fingerprint of a source's function."""
        try:
            return extract(source.encode(), filename, entry(exchange)).fingerprint
        except Rejected as error:
            raise SubmissionError(error.reason, error.message) from error

    def expect(self, runs: int) -> None:
        """Nobody waits."""

    def ask(
        self,
        source: str,
        filename: str,  # noqa: ARG002 - the workshop's
        exchange: AnyExchange,
        cases: Any,
        limits: Limits | None = None,  # noqa: ARG002 - the workshop's
    ) -> Sequence[Answer]:
        """Return the source's answer to each case, however long it takes."""
        try:
            session = LocalSession(source, entry(exchange))
        except Rejected as error:
            raise SubmissionError(error.reason, error.message) from error
        return exchange.answers(cases, session.answer(request(exchange.question(cases))))

    @contextmanager
    def open_programs(self, source: str, filename: str, exchange: ContractExchange) -> Iterator[Programs]:
        """Yield the programs of a source."""
        yield JailedPrograms(source.encode(), filename, source, exchange, LocalWriter, LocalWriter)


LINEAR = '''
language = 1
id = "linear"
title = "A linear map"
cases = 30

[dims]
N = [1, 4]
D = [1, 3]
M = [1, 3]

[inputs]
x = { shape = "N D" }
w = { shape = "D M" }

[upstream]
dout = "out"

[call]
code = """
out = linear(x, w)
dx, dw = linear_backward(dout, x, w)
"""

[results]
out = { value = "out" }
dx = { grad = "x" }
dw = { grad = "w" }
'''
REFERENCE = """
def forward(tap, x, w):
    return {"out": x @ w}
"""
RIGHT = """
def linear(x, w):
    return x @ w


def linear_backward(dout, x, w):
    return dout @ w.T, x.T @ dout
"""
MISTAKE = '"""forgets the upstream gradient in dw.\n\nWhat does dout say?\n"""\n' + RIGHT.replace(
    "x.T @ dout", "x.T @ np.ones_like(dout)"
)
FILES: Mapping[str, str] = {"reference.py": REFERENCE, "solution.py": RIGHT, "mistakes/upstream.py": MISTAKE}


def contract(toml: str = LINEAR, **files: str) -> ContractAssignment:
    """Return a contract; a file is named by its stem, a mistake by `mistake_` and its id."""
    named = dict(FILES)
    for name, text in files.items():
        stem = name.removeprefix("mistake_")
        named[f"{'mistakes/' if stem != name else ''}{stem}.py"] = text
    tables = "".join(f'"{name}" = {_quote(text)}\n' for name, text in named.items() if text)
    assignment = reading.parse(f"{toml}\n[files]\n{tables}", "linear.toml")
    assert isinstance(assignment, ContractAssignment)
    return assignment


def _quote(text: str) -> str:
    return '"""\n' + text.replace("\\", "\\\\").replace('"', '\\"') + '"""'


def build(assignment: ContractAssignment) -> ContractRevision:
    """Return the contract's revision."""
    return revision.load(_publish(assignment))


def build_pool(assignment: ContractAssignment) -> ContractRevision:
    """Return the revision of a pool of fresh cases."""
    return revision.load(_publish(assignment, pool=True))


def build_shared(assignment: ContractAssignment) -> ContractRevision:
    """Return the contract's revision, made by the first of the processes that want it: of one that no test changes.

    It is kept for the next run, until the contract or the engine changes.
    """
    if find_drawn(assignment.id) is not None and (shipped := load_packaged(assignment.id)).assignment == assignment:
        return shipped
    path = REVISIONS / name_revision(assignment)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        # The others wait for the first.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            save(path, _publish(assignment))
    return revision.load(path.read_bytes())


def _publish(assignment: ContractAssignment, *, pool: bool = False) -> bytes:
    cases, ladder = draw_all(assignment, pool=pool)
    sketch = dump_cases(assignment_to_json(assignment), cases, ladder)
    return finishing.finish(sketch, LocalWorkshop(), pool=pool)


def judge(contract_revision: ContractRevision, source: str) -> Judgement:
    """Return the judgement on a source."""
    judge_of = Judge(contract_revision)
    exchange = judge_of.contract.exchange

    def start() -> Jailed:
        return local_by(source, exchange)

    def check(check_exchange: ContractExchange) -> Jailed | None:
        if not {check_exchange.function, *check_exchange.others} <= defined_names(source):
            return None
        return Jailed(start().session, Requests(check_exchange))

    return judge_of.judge(start(), start, check, local_programs(source, judge_of))
