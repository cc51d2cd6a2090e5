"""The next submission's jail, which starts up while nobody waits for it: most of what a verdict takes."""

import contextlib

from grader.errors import JailFailed
from worker.sandbox.policy import Launch, Limits
from worker.sandbox.session import Session


class Jails:
    """At most one jail ahead, of the limits that were last asked for. For one thread, the process's main one."""

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self._limits: Limits | None = None
        self._ahead: Session | None = None

    def take(self, limits: Limits) -> Session:
        """A jail with these limits, started up or starting: whoever takes it closes it."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None and self._limits == limits and ahead.alive:
            return ahead
        if ahead is not None:
            ahead.close()
        self._limits = limits
        return Session(self.launch, limits)

    def prepare(self) -> None:
        """Start the next one. Where that fails, whoever needs one hears of it."""
        if self._ahead is None and self._limits is not None:
            with contextlib.suppress(JailFailed):
                self._ahead = Session(self.launch, self._limits)

    def close(self) -> None:
        """End what was started ahead."""
        if self._ahead is not None:
            self._ahead.close()
            self._ahead = None
