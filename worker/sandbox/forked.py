"""A jail that a template forks: held by the pidfd of its process 1, its end told by whoever waits for it in there."""

import contextlib
import os
import select
import signal
import threading
from pathlib import Path
from typing import Protocol

from backmark.grader.errors import JailFailed
from backmark.worker.sandbox.bubble import first_to_go
from backmark.worker.sandbox.cgroup import Overruns
from backmark.worker.sandbox.inside import wire
from backmark.worker.sandbox.policy import JailLimits, Launch
from backmark.worker.sandbox.polled import PolledPipes
from backmark.worker.sandbox.process import GRACE, PATIENCE, begin
from backmark.worker.sandbox.streams import Streams
from backmark.worker.sandbox.usage import Usage, read_usage


class Parent(Protocol):
    """The part of the template that a forked jail needs."""

    @property
    def grouped(self) -> bool:
        """True if control groups hold it and its children."""
        ...

    @property
    def kept(self) -> frozenset[str]:
        """The keys of the requests in its memory."""
        ...

    def fork(self, descriptors: list[int]) -> None:
        """Ask for a process with these descriptors, and one to write how it ended; raises JailFailed."""
        ...

    def holder(self) -> int:
        """Return the pidfd of the process that was requested last; raises JailFailed."""
        ...

    def overruns(self) -> Overruns:
        """Count the times that the memory of its processes was not enough."""
        ...

    def suspect(self) -> None:
        """Note that something ended in a way that is not a submission's: the template must not be used again."""
        ...


class Forked:
    """A jailed process: requested when this is made, held once it is admitted."""

    def __init__(self, parent: Parent, launch: Launch, limits: JailLimits) -> None:
        self._parent = parent
        # The template is nobody already.
        self._begin = begin(launch, limits, None)
        self._overruns = Overruns()
        self.kept = parent.kept
        #: Its process id as seen from here.
        self.pid: int | None = None
        self._pidfd: int | None = None
        self._status: int | None = None
        self._total: float | None = None
        self._report_parser = wire.Parser(payload_cap=0)
        self._is_admitted = self._is_killed = self._is_over = self._is_closed = False
        # Who kills from another thread must not meet a descriptor that was closed.
        self._lock = threading.Lock()
        pipes = PolledPipes()
        self.streams = Streams(pipes, limits.output)
        self._ending, report = os.pipe()
        try:
            parent.fork([*pipes.theirs, report])
        except JailFailed:
            self._is_closed = True
            os.close(self._ending)
            self.streams.close()
            raise
        finally:
            os.close(report)
            pipes.release()

    @property
    def grouped(self) -> bool:
        """True if control groups hold it, with its template."""
        return self._parent.grouped

    def admit(self) -> None:
        """Take hold of it, while it waits for its first words."""
        if self._is_admitted:
            return
        self._is_admitted = True
        pidfd = self._parent.holder()
        with self._lock:
            self._pidfd = pidfd
        self.pid = _pid_of(pidfd)
        first_to_go(self.pid)
        # What others of this template were ended for before is not its own.
        self._overruns = self._parent.overruns()
        if self._is_killed:
            self.kill()
        self.streams.send(self._begin)

    def usage(self) -> Usage | None:
        """Return the kernel's counters of it."""
        return read_usage(self.pid)

    def total(self) -> float | None:
        """Return the CPU seconds that it had used at its end, as the kernel reported them to its template."""
        self.status()
        return self._total

    def status(self) -> int:
        """Wait for its end, or make it, and return its status; that of SIGKILL if nothing could report it."""
        if not self._has_ended(GRACE):
            self.kill()
            self._has_ended(PATIENCE)
        return -signal.SIGKILL if self._status is None else self._status

    def was_starved(self) -> bool:
        """Return True if the kernel ended it for its memory: the count is of all that its template forked."""
        return self.status() == -signal.SIGKILL and self._parent.overruns().after(self._overruns)

    def was_ended_from_outside(self) -> bool:
        """Return True if the process, which cannot kill itself, or its template was killed, and not by us."""
        status = self.status()
        return self._status is None or (status == -signal.SIGKILL and not self._is_killed)

    @property
    def alive(self) -> bool:
        """True while it runs."""
        return not self._has_ended(0.0)

    def kill(self) -> None:
        """End all that is in the jail; if it is not there yet, as soon as it is."""
        self._is_killed = True
        with self._lock:
            if self._pidfd is not None:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def close(self) -> None:
        """End it, and wait until it is gone."""
        if self._is_closed:
            return
        self._is_closed = True
        with contextlib.suppress(JailFailed):
            self.admit()
        self.kill()
        self._has_ended(PATIENCE)
        if self._status is None:
            self._parent.suspect()
        with self._lock:
            os.close(self._ending)
            if self._pidfd is not None:
                os.close(self._pidfd)
                self._pidfd = None
        self.streams.close()

    def _has_ended(self, seconds: float) -> bool:
        """Return True if it ends within so many seconds; note its status."""
        while not self._is_over and select.select([self._ending], [], [], seconds)[0]:
            data = os.read(self._ending, wire.CHUNK)
            self._is_over = not data
            for frame in self._report_parser.feed(data):
                self._status, self._total = int(frame.header["status"]), float(frame.header["seconds"])
        return self._is_over


def _pid_of(pidfd: int) -> int:
    """Return its process id as seen from here."""
    lines = Path(f"/proc/self/fdinfo/{pidfd}").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pid:"))
