"""A jail for one submission, from nothing: the slower way, which needs no more than bubblewrap itself does."""

from worker.sandbox.bubble import Bubble, first_to_go
from worker.sandbox.cgroup import Cgroup
from worker.sandbox.policy import Launch, Limits
from worker.sandbox.polled import Polled
from worker.sandbox.process import Process, begin, cpu_seconds
from worker.sandbox.request import Request
from worker.sandbox.streams import Streams


class Bubbled:
    """A jail's process."""

    kept: frozenset[str] = frozenset()

    def __init__(self, launch: Launch, limits: Limits) -> None:
        self._doomed = False
        self._group = Cgroup.make(limits.memory)
        pipes = Polled()
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
        """It was admitted when it was started."""

    def seconds(self) -> float | None:
        """The CPU seconds that it has used."""
        return cpu_seconds(self._bubble.pid)

    def status(self) -> int:
        """Wait for its end, or make it."""
        return self._bubble.status()

    def starved(self) -> bool:
        """Whether the kernel ended it for its memory."""
        return self._group is not None and self._group.kills() > 0

    def lost(self) -> bool:
        """Whether bwrap itself was killed."""
        self._bubble.status()
        return self._bubble.killed and not self._doomed

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._bubble.alive

    def kill(self) -> None:
        """End all that is in the jail."""
        self._doomed = True
        self._bubble.kill()

    def close(self) -> None:
        """End it, and remove its group."""
        self._doomed = True
        self._bubble.close()
        self.streams.close()


class Single:
    """A jail of its own for each submission."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch

    def start(self, limits: Limits) -> Process:
        """A jail, starting up."""
        return Bubbled(self._launch, limits)

    def keep(self, request: Request) -> None:
        """Nothing is shared."""

    def close(self) -> None:
        """Nothing is shared."""
