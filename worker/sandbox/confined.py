"""A process for student code where no jail can be had: a user, a filter and limits of its own, but our own files' tree.

It is for containers without user namespaces, started by root, and weaker than a jail: see
docs/how-we-know/jail.md.
"""

import contextlib
import os
import platform
import random
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

from backmark.grader.errors import JailFailed
from backmark.worker.sandbox import seccomp
from backmark.worker.sandbox.bubble import first_to_go
from backmark.worker.sandbox.cgroup import Cgroup, Overruns
from backmark.worker.sandbox.policy import JailLimits, Launch, stage
from backmark.worker.sandbox.polled import PolledPipes
from backmark.worker.sandbox.process import GRACE, PATIENCE, Process, begin
from backmark.worker.sandbox.request import JailRequest
from backmark.worker.sandbox.streams import Streams
from backmark.worker.sandbox.usage import Usage, ended_seconds, read_usage

#: The users that confined processes become, one at a time each: below what a container maps, above what systems use.
USERS = range(63000, 64000)
#: Looks for what is left of a user, each of which kills what it finds, and seconds between them.
_SWEEPS, _PAUSE = 200, 0.01


class OwnUser:
    """A user that no other process is, from here on and until it is closed."""

    def __init__(self) -> None:
        """Choose one; raises JailFailed."""
        # A name of this kind is nobody's file, is gone with its process, and can be had once.
        self._lock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # Containers that share a machine share its users, and not these names: at random, they seldom meet.
        for uid in random.sample(USERS, len(USERS)):
            if _is_known(uid):
                continue
            with contextlib.suppress(OSError):
                self._lock.bind(f"\0backmark-user-{uid}")
                self.uid = uid
                break
        else:
            self._lock.close()
            raise JailFailed(f"All users from {USERS[0]} to {USERS[-1]} are in use. Grade fewer submissions at a time.")

    def end_processes(self) -> None:
        """Kill all that runs as this user, whatever session it is in; raises JailFailed where that does not help."""
        for _ in range(_SWEEPS):
            processes = _list_processes(self.uid)
            if not processes:
                return
            for pid in processes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(_PAUSE)
        raise JailFailed(f"Processes of the user {self.uid} cannot be ended: {processes}")

    def close(self) -> None:
        """Let others have it."""
        self._lock.close()


class Confined:
    """A confined process, started at once as root: it becomes its user before it reads the source."""

    kept: frozenset[str] = frozenset()

    def __init__(self, launch: Launch, limits: JailLimits) -> None:
        self._is_killed = self._is_closed = False
        self._total: float | None = None
        self.grouped = False
        self._user = OwnUser()
        self._group = Cgroup.make(limits.memory)
        pipes = PolledPipes()
        self.streams = Streams(pipes, limits.output)
        # Who kills from another thread must not meet a descriptor that was closed.
        self._lock = threading.Lock()
        try:
            self._popen, self._pidfd = _start(launch, pipes)
        except OSError as error:
            pipes.release()
            self.streams.close()
            self._give_back()
            raise JailFailed(f"The student's process could not be started: {error}") from error
        self.pid = self._popen.pid
        # Its ends of the pipes are ours too, until it has ended: closing one early says nothing.
        self._holding = threading.Thread(target=_hold, args=(os.dup(self._pidfd), pipes), daemon=True)
        self._holding.start()
        if self._group is not None:
            with contextlib.suppress(OSError):
                self._group.add(self.pid)
                self.grouped = True
        first_to_go(self.pid)
        walls = replace(launch, running=seccomp.confined(platform.machine(), self.pid))
        self.streams.send(begin(walls, limits, self._user.uid))

    def admit(self) -> None:
        """Do nothing: it was taken hold of when it was started."""

    def usage(self) -> Usage | None:
        """Return the kernel's counters of it."""
        return read_usage(self.pid)

    def total(self) -> float | None:
        """Return the CPU seconds that it had used at its end."""
        self.status()
        return self._total

    def status(self) -> int:
        """Wait for its end, or make it."""
        if not self._has_ended(GRACE):
            self.kill()
            self._has_ended(PATIENCE)
        return self._popen.wait(PATIENCE)

    def was_starved(self) -> bool:
        """Return True if the kernel ended it for its memory."""
        return self._group is not None and self._group.overruns().after(Overruns())

    def was_ended_from_outside(self) -> bool:
        """Return True if the process, whose filter lets it not kill itself, was killed, and not by us."""
        status = self.status()
        return not self._is_killed and status == -signal.SIGKILL

    @property
    def alive(self) -> bool:
        """True while it runs."""
        return not self._has_ended(0.0)

    def kill(self) -> None:
        """End it."""
        self._is_killed = True
        with self._lock, contextlib.suppress(ProcessLookupError):
            if not self._is_closed:
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def close(self) -> None:
        """End it and all that its user runs, and wait until it is gone."""
        if self._is_closed:
            return
        self.kill()
        self.status()
        self._holding.join(PATIENCE)
        with self._lock:
            self._is_closed = True
            os.close(self._pidfd)
        self.streams.close()
        self._give_back()

    def _give_back(self) -> None:
        """End what is left, remove its groups, and let others have its user."""
        self._user.end_processes()
        self._user.close()
        if self._group is not None:
            self._group.remove()

    def _has_ended(self, seconds: float) -> bool:
        """Return True if it ends within so many seconds; note its CPU seconds while the kernel still has them."""
        if self._is_closed or self._popen.returncode is not None:
            return True
        if not select.select([self._pidfd], [], [], seconds)[0]:
            return False
        self._total = ended_seconds(self.pid)
        self._popen.wait(PATIENCE)
        return True


class Confining:
    """A confined process for each submission."""

    def __init__(self, launch: Launch) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="backmark-confined-")
        try:
            self._launch = stage(Path(self._folder.name), launch)
        except BaseException:
            # Also where a process that grades beside others is told to end.
            self._folder.cleanup()
            raise

    def start(self, limits: JailLimits) -> Process:
        """Start a process."""
        return Confined(self._launch, limits)

    def keep(self, request: JailRequest) -> None:
        """Do nothing: nothing is shared."""

    def close(self) -> None:
        """Remove the folder that they all run from."""
        self._folder.cleanup()


def _start(launch: Launch, pipes: PolledPipes) -> "tuple[subprocess.Popen[bytes], int]":
    """Start the process as root; return it, and its pidfd."""
    request, answer, print_ = pipes.theirs
    popen = subprocess.Popen(  # noqa: S603 - the command is ours, the student's code is only data to it
        launch.command,
        stdin=request,
        stdout=answer,
        stderr=print_,
        env=launch.environment,
        cwd="/",
        # A Ctrl-C at the worker is no death of the student's process.
        start_new_session=True,
    )
    try:
        return popen, os.pidfd_open(popen.pid)
    except OSError:
        # An old kernel: it has read nothing yet.
        popen.kill()
        popen.wait(PATIENCE)
        raise


def _hold(pidfd: int, pipes: PolledPipes) -> None:
    """Hold a process's ends of its pipes until it has ended."""
    select.select([pidfd], [], [])
    os.close(pidfd)
    pipes.release()


def _is_known(uid: int) -> bool:
    """Return True if this system has a user of that number."""
    # Not there on Windows, where this module must still be importable.
    import pwd  # noqa: PLC0415

    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _list_processes(uid: int) -> list[int]:
    """Return the processes that are a user in any way: by real, effective, saved or file-system id.

    One in another process namespace is another container's, where that number is somebody else.
    """
    processes, own = [], _namespace("self")
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal():
            with contextlib.suppress(OSError, StopIteration):
                lines = Path(entry.path, "status").read_text(encoding="utf-8", errors="replace").splitlines()
                state, owner = (next(line for line in lines if line.startswith(name)) for name in ("State:", "Uid:"))
                gone = state.split()[1] in {"Z", "X"}
                if str(uid) in owner.split()[1:] and not gone and _namespace(entry.name) == own:
                    processes.append(int(entry.name))
    return processes


def _namespace(process: str) -> str:
    """Return the name of a process's namespace of process ids."""
    return os.readlink(f"/proc/{process}/ns/pid")  # noqa: PTH115 - a path of its own takes longer, for each process
