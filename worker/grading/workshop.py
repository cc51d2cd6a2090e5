"""The workshop in which the code of an assignment's author runs: each run of a source in a jail of its own."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from backmark.grader.contracts.cases.answers import Answer
from backmark.grader.contracts.cases.exchange import AnyExchange, ContractExchange
from backmark.grader.contracts.values.program import Programs
from backmark.grader.model.assignment import Limits
from backmark.grader.settings import machine
from backmark.worker.grading.candidate import entry, request
from backmark.worker.grading.pool import Jails
from backmark.worker.grading.programs import JailedPrograms
from backmark.worker.sandbox import policy
from backmark.worker.sandbox.clock import Budget, late
from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.policy import JailLimits, Way
from backmark.worker.sandbox.session import Session

#: Called before a file runs with its name, the number of runs before it, and that of all; None if it is not known yet.
Watch = Callable[[str, int, int | None], None]

#: Seconds for one case, and for all that an assignment runs; bytes of memory and of prints.
LIMITS = JailLimits(60.0, 600.0, 1 << 30, 1 << 20)


def make_jails() -> Jails:
    """Return jails as the machine's settings want them; raises JailUnavailable."""
    settings = machine.from_environment()
    return Jails(policy.plan_jailed(settings.bwrap, Way(settings.jail)))


def make_unjailed() -> Jails:
    """Return processes without isolation, for one's own assignments on one's own machine."""
    return Jails(policy.plan_unjailed(machine.from_environment().environment))


def require_jail() -> None:
    """Start a jail and end it; raises JailUnavailable or JailFailed where none works."""
    with contextlib.closing(make_jails()) as jails, jails.take(LIMITS) as session:
        # The first answer shows that it works.
        session.extract(b"def forward(): pass", "reference.py", Entry("forward"))


class JailWorkshop:
    """Jails for an assignment's sources; another thread may stop them. To be closed."""

    def __init__(self, watch: Watch | None = None, make: Callable[[], Jails] = make_jails) -> None:
        """Make it ready; `make` is called when the first source runs: many assignments run none."""
        self._watch = watch
        self._make = make
        self._jails: Jails | None = None
        self._runs = 0
        self._expected: int | None = None
        self._sessions: list[Session] = []
        #: For all sources together.
        self._budget = Budget()
        self._stopped = False

    def fingerprint(self, source: str, filename: str, exchange: AnyExchange) -> str:
        """Return the fingerprint of a source's function; raises SubmissionError if it cannot be read."""
        with self._session() as session:
            return session.extract(source.encode(), filename, entry(exchange)).fingerprint

    def expect(self, runs: int) -> None:
        """Note how many jails will run a source in all."""
        self._expected = runs

    def ask(
        self, source: str, filename: str, exchange: AnyExchange, cases: Any, limits: Limits | None = None
    ) -> Sequence[Answer]:
        """Return the source's answer to each case; raises SubmissionError, and CandidateError if it ends before.

        With `limits` it has their seconds and no more.
        """
        with self._run(source, filename, exchange, limits) as session:
            replies = session.answer(request(exchange.question(cases)))
            return exchange.answers(cases, replies)

    @contextlib.contextmanager
    def open_programs(self, source: str, filename: str, exchange: ContractExchange) -> Iterator[Programs]:
        """Yield the programs of a source, whose jails have what is left of the seconds for all."""
        self._announce(filename)
        with contextlib.ExitStack() as stack:

            def start() -> Session:
                return stack.enter_context(self._session())

            yield JailedPrograms(source.encode(), filename, source, exchange, start, start)

    def stop(self) -> None:
        """End all that runs: `ask` then raises."""
        self._stopped = True
        for session in tuple(self._sessions):
            session.stop()

    def close(self) -> None:
        """End the jails."""
        if self._jails is not None:
            self._jails.close()

    @contextlib.contextmanager
    def _run(
        self, source: str, filename: str, exchange: AnyExchange, limits: Limits | None = None
    ) -> Iterator[Session]:
        self._announce(filename)
        with self._session(limits) as session:
            session.extract(source.encode(), filename, entry(exchange))
            yield session

    def _announce(self, filename: str) -> None:
        """Say that a source is run; raises TimedOut if nothing is left of the seconds for all."""
        if self._watch is not None:
            self._watch(filename, self._runs, self._expected)
        self._runs += 1
        if self._budget.used > LIMITS.seconds:
            raise late(LIMITS.seconds, "in all")

    @contextlib.contextmanager
    def _session(self, limits: Limits | None = None) -> Iterator[Session]:
        self._jails = self._jails or self._make()
        budget = self._budget if limits is None else Budget()
        with self._jails.take(LIMITS if limits is None else _shorten(limits)) as session:
            session.budget = budget
            self._sessions.append(session)
            if self._stopped:
                session.stop()
            try:
                yield session
            finally:
                self._sessions.remove(session)
                if budget is not self._budget:
                    self._budget.computed += budget.computed
                    self._budget.asleep += budget.asleep


def _shorten(limits: Limits) -> JailLimits:
    """Return the workshop's limits with no more seconds than these."""
    return replace(
        LIMITS,
        seconds_per_call=min(LIMITS.seconds_per_call, limits.seconds_per_call),
        seconds=min(LIMITS.seconds, limits.seconds),
    )
