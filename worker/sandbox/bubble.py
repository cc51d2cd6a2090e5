"""A bubblewrap and the process in it, which is taken hold of before it runs anything: pidfd, groups, users."""

import contextlib
import json
import os
import select
import signal
import subprocess
import threading
import time
from pathlib import Path

from backmark.grader.errors import JailFailed
from backmark.worker.sandbox.cgroup import Cgroup
from backmark.worker.sandbox.policy import Launch
from backmark.worker.sandbox.process import GRACE, PATIENCE
from backmark.worker.sandbox.usage import children_seconds

#: Seconds on the wall clock for bwrap to tell whom it has started.
_START = 30.0


class Bubble:
    """A process in a bubblewrap, started at once."""

    def __init__(
        self, launch: Launch, program: bytes, standard: tuple[int, int, int], group: Cgroup | None, *, tied: bool
    ) -> None:
        """Start with `program` as its filter, on the standard descriptors given; raises JailFailed.

        `tied`: the kernel kills it with the thread that started it. If that happens before bwrap lets its child go on,
        the child waits for ever; so whoever sees for itself that we are gone is not tied.
        """
        self._tied = tied
        #: Its process id as seen from here, and whether control groups hold it.
        self.pid: int | None = None
        self.grouped = False
        #: The CPU seconds that it had used at its end, once that was waited for.
        self.total: float | None = None
        self._group = group
        self._pidfd: int | None = None
        # Who kills from another thread must not meet a descriptor that was closed.
        self._lock = threading.Lock()
        self._popen: subprocess.Popen[bytes] | None = None
        try:
            with contextlib.ExitStack() as ours:
                info, gate = self._start(launch, program, standard, ours)
                self._admit(launch, info, gate)
        except OSError as error:
            self.kill()
            self.close()
            raise JailFailed(f"the jail could not be set up: {error}") from error

    @property
    def alive(self) -> bool:
        """True while bwrap runs."""
        return self._popen is not None and self._popen.poll() is None

    @property
    def killed(self) -> bool:
        """True if bwrap itself was killed."""
        return self._popen is not None and (self._popen.returncode or 0) < 0

    def ends(self, seconds: float) -> bool:
        """Return True if it ends within so many seconds; note the CPU seconds that the kernel reported to bwrap."""
        if self._popen is None or self._popen.returncode is not None:
            return True
        with contextlib.suppress(ProcessLookupError):
            ending = os.pidfd_open(self._popen.pid)
            try:
                if not select.select([ending], [], [], seconds)[0]:
                    return False
                # It is not reaped yet: the kernel still has its figures.
                self.total = children_seconds(self._popen.pid)
            finally:
                os.close(ending)
        return True

    def status(self) -> int:
        """Wait for its end, or make it, and return its status; signals are negative."""
        assert self._popen is not None  # noqa: S101 - it was started, or there were none to ask
        if not self.ends(GRACE):
            self.kill()
            self.ends(PATIENCE)
        status = self._popen.wait(PATIENCE)
        # bwrap tells a signal as a shell does. The filter lets no status of its own be taken for one.
        return 128 - status if status > 128 else status

    def kill(self) -> None:
        """End the jailed process, and with it all in its jail; end bwrap itself if there is none."""
        with self._lock:
            if self._pidfd is not None:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            elif self._popen is not None:
                self._popen.kill()

    def close(self) -> None:
        """End it and leave nothing behind; may be called again."""
        self.kill()
        if self._popen is not None:
            try:
                self._popen.wait(GRACE)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait(PATIENCE)
        with self._lock:
            if self._pidfd is not None:
                os.close(self._pidfd)
                self._pidfd = None
        if self._group is not None:
            self._group.remove()
            self._group = None

    # ---- starting

    def _start(
        self, launch: Launch, program: bytes, standard: tuple[int, int, int], ours: contextlib.ExitStack
    ) -> tuple[int, int]:
        """Start it; return our ends of the pipe on which bwrap reports and of the gate at which it waits."""
        with contextlib.ExitStack() as theirs:
            info, report = _pipe(ours, theirs)
            waits, gate = _pipe(theirs, ours)
            filter_ = _fill_pipe(theirs, program)
            # Until the gate opens, root's jail has no users and any other has not started Python.
            wait = "--userns-block-fd" if launch.user is not None else "--block-fd"
            tie = ("--die-with-parent",) if self._tied else ()
            flags = (*tie, "--info-fd", str(report), wait, str(waits), "--seccomp", str(filter_), "--")
            self._popen = subprocess.Popen(  # noqa: S603 - the command is ours, the student's code is only data to it
                (*launch.wrapper, *flags, *launch.command),
                stdin=standard[0],
                stdout=standard[1],
                stderr=standard[2],
                env=launch.environment,
                # It has the end that we read, too: else, were we gone, it would be ended by telling us of its child.
                pass_fds=(info, report, waits, filter_),
                # A Ctrl-C at the worker is no death of the student's process.
                start_new_session=True,
            )
        return info, gate

    def _admit(self, launch: Launch, info: int, gate: int) -> None:
        """Take hold of the process while it waits, then open the gate."""
        pid = _child(info)
        if pid is None:
            return
        self._pidfd = os.pidfd_open(pid)
        self.pid = pid
        if self._group is not None:
            # A group can be ours to make, and its processes not ours to move: the other limits hold then.
            with contextlib.suppress(OSError):
                self._group.add(pid)
                self.grouped = True
        if (user := launch.user) is not None:
            for name in ("uid_map", "gid_map"):
                Path(f"/proc/{pid}/{name}").write_text(f"0 0 1\n{user} {user} 1\n", encoding="ascii")
        os.write(gate, b"1")


def first_to_go(pid: int) -> None:
    """Have the kernel choose this process first when memory runs out, as far as we may ask for that."""
    # It may have ended before, and even while, this is written.
    with contextlib.suppress(PermissionError, FileNotFoundError, ProcessLookupError):
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000", encoding="ascii")


def _pipe(reader: contextlib.ExitStack, writer: contextlib.ExitStack) -> tuple[int, int]:
    """Make a pipe whose ends are closed with these."""
    read, write = os.pipe()
    reader.callback(os.close, read)
    writer.callback(os.close, write)
    return read, write


def _fill_pipe(reader: contextlib.ExitStack, data: bytes) -> int:
    """Return the end of a pipe from which the data is read: a filter is far smaller than a pipe."""
    with contextlib.ExitStack() as writer:
        read, write = _pipe(reader, writer)
        os.write(write, data)
    return read


def _child(info: int) -> int | None:
    """Return the process id that bwrap reports, or None if bwrap ends first; raises TimeoutError."""
    report = b""
    end = time.monotonic() + _START
    while True:
        if not select.select([info], [], [], max(0.0, end - time.monotonic()))[0]:
            # The gate is about to be closed, which opens it: nobody may go through whom we do not hold.
            message = f"bwrap did not say within {_START:.0f} s whom it has started"
            raise TimeoutError(message)
        if not (chunk := os.read(info, 4096)):
            return None
        report += chunk
        with contextlib.suppress(ValueError):
            return int(json.loads(report)["child-pid"])
