"""A process for student code, seen from outside: what a session asks of it, and the one without a jail."""

import contextlib
import os
import signal
import subprocess
import sys
from math import ceil
from typing import Protocol

from backmark.grader.errors import JailFailed
from backmark.worker.sandbox.inside import wire
from backmark.worker.sandbox.policy import JailLimits, Launch
from backmark.worker.sandbox.request import JailRequest
from backmark.worker.sandbox.streams import Streams
from backmark.worker.sandbox.threaded import ThreadedPipes
from backmark.worker.sandbox.usage import Usage, read_usage

#: Seconds that a process which was asked to end may take, and one that was made to.
GRACE, PATIENCE = 2.0, 10.0
#: The kernel's own limit on processor time, in limits of the submission. It counts in ticks, which come to more than
#: the scheduler's clock that we read where most of the work is the kernel's: ours must be over first.
_BEYOND = 2


class Process(Protocol):
    """One process, started already."""

    streams: Streams
    #: The keys of requests that it has in its memory from its start.
    kept: frozenset[str]

    @property
    def grouped(self) -> bool:
        """True if control groups hold it too."""
        ...

    def admit(self) -> None:
        """Take hold of it and let it go on to where it is ready; raises JailFailed."""
        ...

    def usage(self) -> Usage | None:
        """Return the kernel's counters of it while it runs, or None if there are none."""
        ...

    def total(self) -> float | None:
        """Return the CPU seconds that it had used at its end, or None if that cannot be known."""
        ...

    def status(self) -> int:
        """Wait for its end, or make it, and return its status; signals are negative."""
        ...

    def was_starved(self) -> bool:
        """Return True if the kernel ended it for its memory."""
        ...

    def was_ended_from_outside(self) -> bool:
        """Return True if neither we nor the student's code can have ended it: by a SIGKILL that is not ours."""
        ...

    @property
    def alive(self) -> bool:
        """True while it runs."""
        ...

    def kill(self) -> None:
        """End it and all that it started, from any thread."""
        ...

    def close(self) -> None:
        """End it and leave nothing behind; may be called again."""
        ...


class Jail(Protocol):
    """A way to start a process for each submission."""

    def start(self, limits: JailLimits) -> Process:
        """Start a process; raises JailFailed."""
        ...

    def keep(self, request: JailRequest) -> None:
        """Note a request that all of them will receive, if sharing makes it cheaper."""
        ...

    def close(self) -> None:
        """End what was started for all of them."""
        ...


def begin(launch: Launch, limits: JailLimits, user: int | None) -> bytes:
    """Return the first frame that a process reads: its limits, and the walls that it puts up itself as `user`."""
    bounds = {"memory": limits.memory, "seconds": _BEYOND * ceil(limits.seconds) + 1}
    header = {
        "template": False,
        "confine": launch.jailed,
        "user": user,
        "limits": bounds,
        "readable": launch.readable,
    }
    return wire.pack(header, launch.running)


class UnjailedProcess:
    """A process without a jail, for one's own code."""

    grouped = False
    kept: frozenset[str] = frozenset()

    def __init__(self, launch: Launch, limits: JailLimits) -> None:
        try:
            self._popen = subprocess.Popen(  # noqa: S603 - the command is ours, the student's code is only data to it
                launch.command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # Windows starts nothing without its own variables.
                env=None if sys.platform == "win32" else launch.environment,
                # A Ctrl-C at the worker is no death of the student's process.
                start_new_session=True,
            )
        except OSError as error:
            raise JailFailed(f"The student's process could not be started: {error}") from error
        self.streams = Streams(ThreadedPipes(self._popen), limits.output)
        self.streams.send(begin(launch, limits, None))

    def admit(self) -> None:
        """Do nothing: there is no jail to take hold of."""

    def usage(self) -> Usage | None:
        """Return the kernel's counters, on Linux."""
        return read_usage(self._popen.pid)

    def total(self) -> float | None:
        """Return None: nothing but our looks ends it for its time."""
        return None

    def status(self) -> int:
        """Wait for its end, or make it."""
        try:
            return self._popen.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._popen.wait(PATIENCE)

    def was_starved(self) -> bool:
        """Return False: its memory is bounded by itself, which then raises MemoryError."""
        return False

    def was_ended_from_outside(self) -> bool:
        """Return False: without a jail it can end itself in any way."""
        return False

    @property
    def alive(self) -> bool:
        """True while it runs."""
        return self._popen.poll() is None

    def kill(self) -> None:
        """End it and its session's processes."""
        if sys.platform == "win32":
            self._popen.kill()
        elif self._popen.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._popen.pid, signal.SIGKILL)

    def close(self) -> None:
        """End it."""
        self.kill()
        self._popen.wait(PATIENCE)
        self.streams.close()


class NoJail:
    """No jail at all: a process for each submission with all of our own rights."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch

    def start(self, limits: JailLimits) -> Process:
        """Start a process."""
        return UnjailedProcess(self._launch, limits)

    def keep(self, request: JailRequest) -> None:
        """Do nothing: nothing is shared."""

    def close(self) -> None:
        """Do nothing: nothing is shared."""
