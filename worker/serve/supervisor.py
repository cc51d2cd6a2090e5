"""The supervisor of a service: restarts parts that die, and stops the service if one keeps dying."""

import contextlib
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Protocol

from backmark.grader.errors import ServiceError

#: Seconds between two checks of the parts.
_LOOK = 0.1
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

STOPPING = "stopping, which takes some seconds; Ctrl-C again stops at once"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """The policy for restarting a part that died."""

    #: Seconds until a restart: the first time, doubled each time, and at most.
    first: float = 0.5
    longest: float = 8.0
    #: Seconds of running after which earlier deaths no longer count.
    well: float = 30.0
    #: Deaths in a row after which the service is stopped.
    deaths: int = 6


class ServicePart(Protocol):
    """One process of a service, with the processes that it started."""

    @property
    def name(self) -> str:
        """The name for people."""
        ...

    def start(self) -> None:
        """Start the part. Raises ServiceError if that fails."""
        ...

    def status(self) -> int | None:
        """Return the exit status, negative for a signal, or None while the part runs."""
        ...

    def hindrance(self) -> str | None:
        """Return an external cause that keeps the part from running, or None; the restart waits for its end."""
        ...

    def last_words(self) -> str:
        """Return the end of the log."""
        ...

    def stop(self, hurry: Callable[[], bool]) -> None:
        """Ask the part to end and wait; kill it if it takes too long, or at once if `hurry` returns True."""
        ...


@dataclass(slots=True)
class _PartState:
    part: ServicePart
    started: float = 0.0
    deaths: int = 0
    #: When the part is restarted; None while it runs.
    due: float | None = None
    #: The external cause that the restart waits for, if there was one when the part died.
    hindrance: str | None = None


class Supervisor:
    """A supervisor that starts parts in the given order, watches them, and stops them in reverse."""

    def __init__(self, parts: Sequence[ServicePart], say: Say, patience: RestartPolicy | None = None) -> None:
        self._policy = patience or RestartPolicy()
        self._watched = [_PartState(part) for part in parts]
        self._running: list[_PartState] = []
        self._say = say
        #: The number of requests to end. Not an Event, whose lock a signal handler could find taken.
        self._stop_requests = 0

    @property
    def stopping(self) -> bool:
        """True once a signal has requested the end."""
        return self._stop_requests > 0

    def run(self, each_round: Callable[[], None]) -> None:
        """Start all parts, watch them until a signal requests the end, then stop all, also after an error.

        Raises ServiceError if a part cannot be started or keeps dying.
        """
        with self._signals():
            try:
                for watched in self._watched:
                    if self.stopping:
                        return
                    watched.part.start()
                    watched.started = time.monotonic()
                    self._running.append(watched)
                while not self.stopping:
                    self._check_parts()
                    each_round()
                    time.sleep(_LOOK)
            finally:
                self._stop()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def count_request(_number: int, _frame: FrameType | None) -> None:
            self._stop_requests += 1

        before = {number: signal.signal(number, count_request) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _check_parts(self) -> None:
        now = time.monotonic()
        for watched in self._watched:
            if watched.due is not None:
                if now >= watched.due:
                    self._restart(watched)
            elif (status := watched.part.status()) is not None:
                self._schedule_restart(watched, _how(status))

    def _restart(self, watched: _PartState) -> None:
        if watched.hindrance is not None:
            if watched.part.hindrance() is not None:
                watched.due = time.monotonic() + self._policy.first
                return
            self._say(f"the {watched.part.name} starts again: the obstacle is gone")
            watched.hindrance = None
        watched.due, watched.started = None, time.monotonic()
        try:
            watched.part.start()
        except ServiceError as error:
            self._schedule_restart(watched, f"could not be started: {error}")

    def _schedule_restart(self, watched: _PartState, how: str) -> None:
        """Report that a part died and schedule its restart. Raises ServiceError after too many deaths."""
        now, patience = time.monotonic(), self._policy
        watched.hindrance = watched.part.hindrance()
        if watched.hindrance is not None:
            # Not the part's fault, so this death does not count.
            watched.due, watched.deaths = now + patience.first, 0
            self._say(f"the {watched.part.name} {how}: {watched.hindrance}. It is restarted as soon as there is")
            return
        watched.deaths = 1 if now - watched.started > patience.well else watched.deaths + 1
        name, words = watched.part.name, watched.part.last_words()
        if watched.deaths >= patience.deaths:
            raise ServiceError(
                f"the {name} ended {watched.deaths} times in a row, so the service is stopped; "
                f"accepted submissions are kept. Its log ends: {words}"
            )
        wait = min(patience.longest, patience.first * 2 ** (watched.deaths - 1))
        watched.due = now + wait
        self._say(f"the {name} {how}; it starts again in {wait:g} s. Its log ends: {words}")

    def _stop(self) -> None:
        requests_before = self._stop_requests
        if self.stopping and self._running:
            self._say(STOPPING)
        for watched in reversed(self._running):
            # A second request means that the user does not want to wait.
            watched.part.stop(lambda: self._stop_requests > requests_before)


def _how(status: int) -> str:
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with status {status}"
