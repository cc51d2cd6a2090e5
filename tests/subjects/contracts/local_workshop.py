"""Contracts built and judged in the tests' process: the workshop without its jails, for assignments of our own."""

from collections.abc import Mapping, Sequence
from typing import Any

from grader.judge.judge import Judge
from grader.judge.subject import AnyExchange
from grader.model.stored import assignment_to_json
from grader.model.verdict import Judgement
from grader.oracle.answers import Answer
from grader.subjects.contracts import revision
from grader.subjects.contracts.assignment import ContractAssignment
from grader.subjects.contracts.assignment_toml import from_tables
from grader.subjects.contracts.draw import draw_all
from grader.subjects.contracts.drawn import dump_cases
from grader.subjects.contracts.publishing import finish
from grader.subjects.contracts.revision import ContractRevision
from tests.local import LocalSession, local_by
from worker.grading.candidate import Jailed, entry, request


class LocalWorkshop:
    """Runs sources of our own, within this process."""

    def ask(self, source: str, filename: str, exchange: AnyExchange, cases: Any) -> Sequence[Answer]:  # noqa: ARG002 - the seam's
        """Return the source's answer to each case."""
        session = LocalSession(source, entry(exchange, "case"))
        return exchange.answers(cases, session.answer(request(exchange.question(cases))))


def build_revision(assignment: ContractAssignment) -> ContractRevision:
    """Draw an assignment's cases and finish them, as publishing does."""
    cases, ladder = draw_all(assignment)
    drawn = dump_cases(assignment_to_json(assignment), cases, ladder)
    return revision.load(finish(drawn, LocalWorkshop()))


def build_from(tables: Mapping[str, Any]) -> ContractRevision:
    """Do the same with an assignment's tables."""
    return build_revision(from_tables(tables, "test.toml"))


def judge(built: ContractRevision, source: str) -> Judgement:
    """Grade a source of our own."""

    def fresh() -> Jailed:
        return local_by(source, built.subject.exchange)

    return Judge(built).judge(fresh(), fresh)
