"""The workshop in which the code of an assignment's author runs: each source in a jail of its own."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from grader.judge.subject import AnyExchange
from grader.oracle.answers import Answer
from grader.settings import machine
from worker.grading.candidate import entry, request
from worker.sandbox import policy
from worker.sandbox.clock import Budget
from worker.sandbox.policy import JailLimits, Way
from worker.sandbox.process import Jail
from worker.sandbox.session import Session
from worker.sandbox.single import Single

#: Called before a file runs with its name, the number of runs before it, and that of all; None if it is not known yet.
Watch = Callable[[str, int, int | None], None]

#: Seconds for one case, and for all that an assignment runs; bytes of memory and of prints.
LIMITS = JailLimits(60.0, 600.0, 1 << 30, 1 << 20)


class JailWorkshop:
    """Jails for an assignment's sources; another thread may stop them."""

    def __init__(self, watch: Watch | None = None) -> None:
        """Make it ready."""
        self._watch = watch
        self._runs = 0
        self._expected: int | None = None
        self._sessions: list[Session] = []
        #: For all sources together.
        self._budget = Budget()
        self._stopped = False

    def fingerprint(self, source: str, filename: str, exchange: AnyExchange) -> str:
        """Return the fingerprint of a source's function; raises SubmissionError if it cannot be read."""
        with self._session() as session:
            return session.extract(source.encode(), filename, entry(exchange, "case")).fingerprint

    def expect(self, runs: int) -> None:
        """Note how many times `ask` will run a source in all."""
        self._expected = runs

    def ask(self, source: str, filename: str, exchange: AnyExchange, cases: Any) -> Sequence[Answer]:
        """Return the source's answer to each case; raises SubmissionError, and CandidateError if it ends before."""
        if self._watch is not None:
            self._watch(filename, self._runs, self._expected)
        self._runs += 1
        with self._session() as session:
            session.extract(source.encode(), filename, entry(exchange, "case"))
            replies = session.answer(request(exchange.question(cases)))
            return exchange.answers(cases, replies)

    def stop(self) -> None:
        """End all that runs: `ask` then raises."""
        self._stopped = True
        for session in tuple(self._sessions):
            session.stop()

    @contextlib.contextmanager
    def _session(self) -> Iterator[Session]:
        with Session(_jail(), LIMITS) as session:
            session.budget = self._budget
            self._sessions.append(session)
            if self._stopped:
                session.stop()
            try:
                yield session
            finally:
                self._sessions.remove(session)


def _jail() -> Jail:
    settings = machine.from_environment()
    return Single(policy.plan_jailed(settings.bwrap, Way(settings.jail)))
