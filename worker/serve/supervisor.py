"""Keeps the parts of a service running: what dies is started again, and what keeps dying ends the whole."""

import contextlib
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Protocol

from grader.errors import ServiceError

#: Seconds between two looks at the parts.
_LOOK = 0.1
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Patience:
    """What a part that dies may expect."""

    #: Seconds until it starts again, the first time and at most; each time twice the one before.
    first: float = 0.5
    longest: float = 8.0
    #: Seconds of life after which it was well: what was before does not count any more.
    well: float = 30.0
    #: Deaths in a row after which nothing is hoped for.
    deaths: int = 6


class Part(Protocol):
    """One process of a service, with all that it started."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def start(self) -> None:
        """Start it; ServiceError where it cannot be."""
        ...

    def status(self) -> int | None:
        """Its exit status once it has ended, negative for a signal; None while it runs."""
        ...

    def hindrance(self) -> str | None:
        """Return what outside of it keeps it from living, if anything does: that passes, and is waited for."""
        ...

    def last_words(self) -> str:
        """The end of its log."""
        ...

    def stop(self, hurry: Callable[[], bool]) -> None:
        """Ask it to end and wait for that; kill it when it takes too long, or at once when in a hurry."""
        ...


@dataclass(slots=True)
class _Watched:
    part: Part
    started: float = 0.0
    deaths: int = 0
    #: When it is to be started again; None while it runs.
    due: float | None = None
    #: What is waited for before that, and whether it was there when the part died.
    hindrance: str | None = None


class Supervisor:
    """Starts parts in the order given, watches them, and stops them in the opposite order."""

    def __init__(self, parts: Sequence[Part], say: Say, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._watched = [_Watched(part) for part in parts]
        self._running: list[_Watched] = []
        self._say = say
        #: How often we were asked to end. A number and no Event, whose lock a signal's handler could find taken.
        self._asked = 0

    @property
    def stopping(self) -> bool:
        """Whether a signal asked us to end."""
        return self._asked > 0

    def run(self, each_round: Callable[[], None]) -> None:
        """Start all, and watch until a signal asks for an end; then, or on an error, stop all.

        Raises ServiceError where a part cannot be started or keeps dying.
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
                    self._tend()
                    each_round()
                    time.sleep(_LOOK)
            finally:
                self._stop()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def asked(_number: int, _frame: FrameType | None) -> None:
            self._asked += 1

        before = {number: signal.signal(number, asked) for number in _STOPPING}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _tend(self) -> None:
        now = time.monotonic()
        for watched in self._watched:
            if watched.due is not None:
                if now >= watched.due:
                    self._revive(watched)
            elif (status := watched.part.status()) is not None:
                self._mourn(watched, _how(status))

    def _revive(self, watched: _Watched) -> None:
        if watched.hindrance is not None:
            if watched.part.hindrance() is not None:
                watched.due = time.monotonic() + self._patience.first
                return
            self._say(f"the {watched.part.name} starts again: what kept it from running has passed")
            watched.hindrance = None
        watched.due, watched.started = None, time.monotonic()
        try:
            watched.part.start()
        except ServiceError as error:
            self._mourn(watched, f"could not be started: {error}")

    def _mourn(self, watched: _Watched, how: str) -> None:
        """Say that a part died, and when it starts again; give up when that was too often."""
        now, patience = time.monotonic(), self._patience
        watched.hindrance = watched.part.hindrance()
        if watched.hindrance is not None:
            # Not its own fault, so no death that counts.
            watched.due, watched.deaths = now + patience.first, 0
            self._say(f"the {watched.part.name} {how}: {watched.hindrance}. It is started again as soon as there is")
            return
        watched.deaths = 1 if now - watched.started > patience.well else watched.deaths + 1
        name, words = watched.part.name, watched.part.last_words()
        if watched.deaths >= patience.deaths:
            raise ServiceError(
                f"the {name} ended {watched.deaths} times in a row, so the service is stopped; "
                f"what was accepted is kept. Its log ends: {words}"
            )
        wait = min(patience.longest, patience.first * 2 ** (watched.deaths - 1))
        watched.due = now + wait
        self._say(f"the {name} {how}; it starts again in {wait:g} s. Its log ends: {words}")

    def _stop(self) -> None:
        asked = self._asked
        for watched in reversed(self._running):
            # Whoever asks again does not want to wait.
            watched.part.stop(lambda: self._asked > asked)


def _how(status: int) -> str:
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with status {status}"
