"""The clocks of a submission: the processor's and the wall's, for each answer and in all."""

import time
from dataclasses import dataclass

from grader.errors import TimedOut
from worker.sandbox.policy import Limits
from worker.sandbox.process import Process

#: Wall-clock seconds for each second of CPU, so that a busy machine fails nobody and a sleeper is found.
_CALL_PATIENCE, _PATIENCE = 10, 3
#: Seconds between two looks at the clocks.
LOOK = 0.1


@dataclass(slots=True)
class Clock:
    """The CPU's and the wall's time, since the last answer and since the beginning."""

    process: Process
    limits: Limits
    #: Of CPU, for each answer of this exchange.
    seconds: float = 0.0
    #: CPU and wall time where this submission, and this call, began; and when the clocks were read.
    started_cpu: float | None = None
    started: float = 0.0
    call_cpu: float | None = None
    call: float = 0.0
    read: float = 0.0
    answered: bool = False
    #: Seconds on the wall that the worker, not the submission, has used.
    idle_since: float | None = None

    def begin(self, seconds: float) -> None:
        """Start an exchange with so many seconds an answer; what was used in between is not the student's."""
        self.seconds = seconds
        now = time.monotonic()
        cpu = self.process.seconds()
        if self.idle_since is None:
            self.started, self.started_cpu = now, cpu
        else:
            self.started += now - self.idle_since
        self.call, self.call_cpu, self.read, self.idle_since = now, cpu, now, now

    def progress(self) -> None:
        """Note that an answer has come."""
        self.call = self.idle_since = time.monotonic()
        self.answered = True

    def look(self) -> TimedOut | None:
        """Read the clocks, at most ten times a second, and say which limit is reached."""
        now = time.monotonic()
        if now - self.read < LOOK:
            return None
        self.read = now
        limits = self.limits
        used, used_call = self._used()
        if now - self.call > _CALL_PATIENCE * self.seconds or used_call > self.seconds:
            return late(self.seconds, "for one network")
        if now - self.started > _PATIENCE * limits.seconds or used > limits.seconds:
            return late(limits.seconds, "in all")
        return None

    def spent(self) -> bool:
        """Whether all of its seconds may be used up: the kernel's limit can come before our look."""
        return time.monotonic() - self.started > self.limits.seconds * 0.9

    def _used(self) -> tuple[float, float]:
        """Return the CPU seconds since the beginning and since the last answer, zeros where unknown."""
        cpu = self.process.seconds()
        if cpu is None or self.started_cpu is None:
            return 0.0, 0.0
        if self.answered or self.call_cpu is None:
            # The answer came since the last look, so this call has used at most what passes from here.
            self.call_cpu, self.answered = cpu, False
        return cpu - self.started_cpu, cpu - self.call_cpu


def late(seconds: float, what: str) -> TimedOut:
    """What is told to whoever ran longer."""
    return TimedOut(
        f"It ran for more than {seconds:g} s {what}. Look for a loop that does not end, "
        "for a sleep, and for a loop over every pair of parameters."
    )
