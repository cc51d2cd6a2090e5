"""A jail for one submission, from nothing: the slower way, which needs no more than bubblewrap itself does."""

import signal

from backmark.worker.sandbox.bubble import Bubble, first_to_go
from backmark.worker.sandbox.cgroup import Cgroup, Overruns
from backmark.worker.sandbox.policy import JailLimits, Launch
from backmark.worker.sandbox.polled import PolledPipes
from backmark.worker.sandbox.process import GRACE, Process, begin
from backmark.worker.sandbox.request import JailRequest
from backmark.worker.sandbox.streams import Streams
from backmark.worker.sandbox.usage import Usage, read_usage


class SingleProcess:
    """A jail's process."""

    kept: frozenset[str] = frozenset()

    def __init__(self, launch: Launch, limits: JailLimits) -> None:
        self._is_killed = False
        self._group = Cgroup.make(limits.memory)
        pipes = PolledPipes()
        self.streams = Streams(pipes, limits.output)
        try:
            self._bubble = Bubble(launch, launch.starting, pipes.theirs, self._group, tied=True)
        except BaseException:
            self.streams.close()
            raise
        finally:
            pipes.release()
        self.grouped = self._bubble.grouped
        if self._bubble.pid is not None:
            first_to_go(self._bubble.pid)
        self.streams.send(begin(launch, limits, launch.user))

    def admit(self) -> None:
        """Do nothing: it was admitted when it was started."""

    def usage(self) -> Usage | None:
        """Return the kernel's counters of it."""
        return read_usage(self._bubble.pid)

    def total(self) -> float | None:
        """Return the CPU seconds that it had used at its end, as the kernel reported them to bwrap."""
        self._bubble.status()
        return self._bubble.total

    def status(self) -> int:
        """Wait for its end, or make it."""
        if not self._bubble.ends(GRACE):
            self.kill()
        return self._bubble.status()

    def was_starved(self) -> bool:
        """Return True if the kernel ended it for its memory."""
        return self._group is not None and self._group.overruns().after(Overruns())

    def was_ended_from_outside(self) -> bool:
        """Return True if the process, which cannot kill itself, or bwrap was killed, and not by us."""
        status = self._bubble.status()
        return not self._is_killed and (self._bubble.killed or status == -signal.SIGKILL)

    @property
    def alive(self) -> bool:
        """True while it runs."""
        return self._bubble.alive

    def kill(self) -> None:
        """End all that is in the jail."""
        self._is_killed = True
        self._bubble.kill()

    def close(self) -> None:
        """End it, and remove its group."""
        self._is_killed = True
        self._bubble.close()
        self.streams.close()


class SingleJail:
    """A jail of its own for each submission."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch

    def start(self, limits: JailLimits) -> Process:
        """Start a jail."""
        return SingleProcess(self._launch, limits)

    def keep(self, request: JailRequest) -> None:
        """Do nothing: nothing is shared."""

    def close(self) -> None:
        """Do nothing: nothing is shared."""
