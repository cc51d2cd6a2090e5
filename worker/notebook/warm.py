"""Processes for students' code that are started ahead, so that a check need not wait for one."""

import atexit
from collections import deque

from backmark.worker.sandbox.installation import Installation
from backmark.worker.sandbox.policy import JailLimits, Launch
from backmark.worker.sandbox.process import NoJail
from backmark.worker.sandbox.request import JailRequest
from backmark.worker.sandbox.session import Session

#: A wrong answer is looked at in this many, one after the other.
_AHEAD = 4


class WarmSessions:
    """Sessions with fresh interpreters, without a jail: the student's own code on the student's own machine."""

    def __init__(self, launch: Launch) -> None:
        #: They are nothing that holds a student: that is said of a check itself.
        self.confined = False
        #: What they run, as it was when they were started.
        self.installation = Installation.of()
        self._launch = launch
        self._ahead: deque[Session] = deque()
        self._limits: JailLimits | None = None
        atexit.register(self.close)

    def launch(self, launch: Launch) -> None:
        """Start further ones in another way, such as with another path."""
        if launch != self._launch:
            self._drop()
            self._launch = launch

    def take(self, limits: JailLimits, asked: JailRequest | None = None) -> Session:  # noqa: ARG002 - as Jails
        """Return a session with these limits, started up or starting; the caller must close it."""
        while self._ahead and limits == self._limits:
            session = self._ahead.popleft()
            if session.alive:
                return session
            session.close()
        return Session(NoJail(self._launch), limits)

    def prepare(self, limits: JailLimits | None = None) -> None:
        """Start the sessions that the next check will take; raises JailFailed if none can be started."""
        limits = limits or self._limits
        if limits is None:
            return
        if limits != self._limits:
            self._drop()
        self._limits = limits
        while len(self._ahead) < _AHEAD:
            self._ahead.append(Session(NoJail(self._launch), limits))

    def close(self) -> None:
        """End those that nobody took."""
        self._drop()
        atexit.unregister(self.close)

    def _drop(self) -> None:
        while self._ahead:
            self._ahead.pop().close()
