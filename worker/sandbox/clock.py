"""The clock of a submission: what it computes and how long it sleeps, for each answer and in all its jails.

The wall clock alone counts against nobody: a machine can be busy, paused or short of memory. The time that counts is
processor time of all threads, and time in which the main thread, which runs the student's function, was neither on a
processor nor waiting for one while none of its other threads computed: it slept, or waited for something of its own.
"""

import math
import time
from dataclasses import dataclass, field
from typing import Protocol

from backmark.grader.errors import BackmarkError, JailInterrupted, SliceEnded, TimedOut
from backmark.worker.sandbox.policy import JailLimits
from backmark.worker.sandbox.usage import Usage, own_seconds

#: Budgets that pass on the wall clock before a submission is given up as the machine's failure, not its own. Where no
#: processor time can be read, this many seconds on the wall clock count as one.
PATIENCE = 10
#: Seconds between two looks at the clocks.
LOOK = 0.1


class Watched(Protocol):
    """The process that the clock is about."""

    def usage(self) -> Usage | None:
        """Return its counters, or None if they cannot be known."""
        ...

    def total(self) -> float | None:
        """Return the processor time that it had used at its end."""
        ...


@dataclass(slots=True)
class Budget:
    """The seconds that one submission has used, in all of its jails together, and for the search of its mistakes."""

    computed: float = 0.0
    asleep: float = 0.0
    #: On the wall clock, while answers were waited for.
    wall: float = 0.0
    #: Seconds after which the submission begins again elsewhere, if it may use more than that.
    slice: float = math.inf
    #: The processor time of our own thread when the search began.
    _search_began: float | None = None

    def begin_search(self) -> None:
        """Count the processor time of this thread from now on; a search that has begun goes on."""
        if self._search_began is None:
            self._search_began = time.thread_time()

    @property
    def used(self) -> float:
        """Seconds that count against the submission."""
        searched = 0.0 if self._search_began is None else time.thread_time() - self._search_began
        return self.computed + self.asleep + searched


@dataclass(slots=True)
class Stretch:
    """Time since it was last settled how much of it was sleep: what is not accounted for by anything else."""

    elapsed: float = 0.0
    computed: float = 0.0
    waited: float = 0.0

    def settle(self, open_end: float = 0.0) -> float:
        """Return the seconds asleep before the last `open_end` seconds, and go on from there."""
        asleep = self.elapsed - open_end - self.computed - self.waited
        if asleep > 0 or not open_end:
            self.elapsed, self.computed, self.waited = open_end, 0.0, 0.0
        return max(0.0, asleep)


@dataclass(slots=True)
class Clock:
    """The clock of one jail, which counts in the budget of its submission."""

    process: Watched
    limits: JailLimits
    budget: Budget
    #: Seconds for each answer of this exchange, and the word for what is answered.
    _seconds: float = 0.0
    _noun: str = "call"
    #: When the counters were last read, and what they said of the process and of our own thread.
    _read: float = 0.0
    _usage: Usage | None = None
    _own: float = 0.0
    #: True if the stretch since then may count as sleep.
    _accountable: bool = True
    _stretch: Stretch = field(default_factory=Stretch)
    #: The place in the budget at which the current call began, computing and asleep.
    _call: tuple[float, float] = (0.0, 0.0)
    _answered: bool = False

    def begin(self, seconds: float, noun: str = "call") -> BackmarkError | None:
        """Start an exchange with so many seconds an answer, and return the error for a limit that is reached already.

        The process has slept in between for want of a request.
        """
        self._seconds, self._noun = seconds, noun
        self._compute(self.process.usage())
        self._read, self._own = time.monotonic(), own_seconds()
        self._accountable, self._stretch = True, Stretch()
        self._next_call()
        return self._verdict()

    def progress(self) -> None:
        """Note that an answer has come."""
        self._answered = True

    def look(self) -> BackmarkError | None:
        """Read the clocks, at most ten times a second, and return the error for a limit that is reached."""
        now = time.monotonic()
        if now - self._read < LOOK:
            return None
        own = own_seconds()
        gap, busy = now - self._read, own - self._own
        self._read, self._own = now, own
        self.budget.wall += gap
        # While we did not listen it may have waited for us, and whatever stopped us may have stopped it.
        self._count(max(0.0, min(gap - busy, 2 * LOOK)))
        if self._answered:
            # The answer came since the last look, so this call has used at most what passes from here.
            self._next_call()
        return self._verdict()

    def is_exhausted(self) -> bool:
        """Return True if the process, which has ended, had computed for longer than it may."""
        total, last = self.process.total(), self._usage
        since = 0.0 if total is None or last is None else max(0.0, total - last.computed)
        return self.budget.computed + since > self.limits.seconds

    def _count(self, gap: float) -> None:
        """Book what happened since the last look."""
        before, usage = self._usage, self.process.usage()
        computed = self._compute(usage)
        if before is None or usage is None:
            self.budget.asleep += gap / PATIENCE
            return
        was_accountable, self._accountable = self._accountable, usage.accountable
        if not (was_accountable and self._accountable):
            self._stretch = Stretch()
            return
        self._stretch.elapsed += gap
        self._stretch.computed += computed
        self._stretch.waited += usage.waited - before.waited
        if not usage.running:
            self.budget.asleep += self._stretch.settle()
        elif usage.turns > before.turns:
            # Its wait since the last turn is booked at the next one: what passed before this look is all booked.
            self.budget.asleep += self._stretch.settle(gap)

    def _compute(self, usage: Usage | None) -> float:
        """Book the processor time since the counters were last read, and return it."""
        if usage is None:
            # It has ended: what it had used when we last looked is still asked for.
            return 0.0
        computed = 0.0 if self._usage is None else usage.computed - self._usage.computed
        self._usage = usage
        self.budget.computed += computed
        return computed

    def _next_call(self) -> None:
        self._call, self._answered = (self.budget.computed, self.budget.asleep), False

    def _verdict(self) -> BackmarkError | None:
        budget, limits = self.budget, self.limits
        computed, asleep = budget.computed - self._call[0], budget.asleep - self._call[1]
        if computed + asleep > self._seconds:
            return late(self._seconds, f"on one {self._noun}", slept=asleep > computed)
        if budget.used > limits.seconds:
            return late(limits.seconds, "in all", slept=budget.asleep > budget.computed)
        if budget.used > budget.slice:
            return SliceEnded(budget.used, limits.seconds)
        if budget.wall > PATIENCE * limits.seconds:
            return JailInterrupted(
                f"After {budget.wall:.0f} s it had computed for {budget.computed:.1f} s and slept for "
                f"{budget.asleep:.1f} s: this machine is too busy, or the jail was stopped from outside."
            )
        return None


def late(seconds: float, span: str, *, slept: bool = False) -> TimedOut:
    """Return the error of a submission that took longer than it may."""
    ending = f"Your code ran for more than {seconds:g} s {span}"
    if slept:
        return TimedOut(
            f"{ending}, most of it asleep.", "Does your code sleep, or wait for a lock, a thread or an input?"
        )
    advice = "Is there a loop that never ends, a sleep, or a loop over every pair of parameters?"
    return TimedOut(f"{ending}.", advice)
