"""The place where an assignment's own code runs: in jails, which only the worker can start."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from backmark.grader.contracts.cases.answers import Answer
from backmark.grader.contracts.cases.exchange import AnyExchange, ContractExchange
from backmark.grader.contracts.values.program import Programs
from backmark.grader.model.assignment import Limits


class Workshop(Protocol):
    """Runs sources of an assignment's author, each in a jail of its own."""

    def fingerprint(self, source: str, filename: str, exchange: AnyExchange) -> str:
        """Return the fingerprint of a source's function; raises SubmissionError if it cannot be read."""
        ...

    def expect(self, runs: int) -> None:
        """Note how many jails will run a source in all, for whoever waits."""
        ...

    def ask(
        self, source: str, filename: str, exchange: AnyExchange, cases: Any, limits: Limits | None = None
    ) -> Sequence[Answer]:
        """Return the source's answer to each case, which takes the seconds of `limits` at most, if there are any.

        Raises SubmissionError if it cannot be read, and a CandidateError if it ends before it has answered all.
        """
        ...

    def open_programs(self, source: str, filename: str, exchange: ContractExchange) -> AbstractContextManager[Programs]:
        """Return the programs of a source, which is read by an exchange of its own; their jails end with the context.

        Whatever is asked of them raises a CandidateError if a jail ends.
        """
        ...
