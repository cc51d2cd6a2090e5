"""A process for student code, seen from outside: its pipes, its clock, its end.

Threads move the bytes, since Windows has no selectors for pipes: one for requests, for answers, for prints.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import SimpleQueue

from grader.errors import JailFailed
from worker.sandbox.cgroup import Cgroup
from worker.sandbox.inside import wire
from worker.sandbox.policy import Launch, Limits

#: Bytes of what was printed that are kept.
KEPT = 4096
#: Seconds that a process which was asked to end may take, and one that was made to.
_GRACE, _PATIENCE = 2.0, 10.0
_SIGKILL = 9
#: Seconds between two reads of answers: a few at a time cost the worker half of what each by itself does.
_BREATH = 0.0005


class Process:
    """One process, started at once; `inbox` gets what it answers in pieces, then None."""

    def __init__(self, launch: Launch, limits: Limits) -> None:
        self.inbox: SimpleQueue[bytes | None] = SimpleQueue()
        #: Whether it printed more than it may, or answered more than it was asked.
        self.flooded = self.chatty = False
        #: Whether control groups hold it too.
        self.grouped = False
        #: Why the jail could not be set up, if so.
        self.fault = ""
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        self._launch = launch
        self._limit = limits.output
        self._printed = 0
        self._kept = bytearray()
        self._allowed = wire.HEADER_CAP
        self._lock = threading.Lock()
        self._drain_lock = threading.Lock()
        self._pid: int | None = None
        self._pidfd: int | None = None
        self._ended = False
        #: Between start and pidfd there is no sure way to kill a jail: the wish is kept until there is.
        self._admitting, self._doomed = launch.jailed, False
        self._cgroup = Cgroup.make(limits.memory) if launch.jailed else None
        self._info = self._gate = -1
        try:
            self._popen = self._start()
        except OSError as error:
            self._release()
            raise JailFailed(f"The jail's program could not be started: {error}") from error
        self._threads = [
            threading.Thread(target=target, daemon=True) for target in (self._write, self._read, self._listen)
        ]
        for thread in self._threads:
            thread.start()

    # ---- what the session asks for

    def send(self, data: bytes) -> None:
        """Hand over bytes to be written, without waiting."""
        self._outbox.put(data)

    def allow(self, size: int) -> None:
        """Let it answer so many bytes more."""
        self._allowed += size

    def seconds(self) -> float | None:
        """Return the CPU seconds that it has used, or None where that cannot be known."""
        pid = self._pid
        if pid is None or sys.platform != "linux":
            return None
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def output(self) -> str:
        """The first of what it has printed so far."""
        self.drain()
        return bytes(self._kept).decode("utf-8", "replace")

    def drain(self) -> None:
        """Take in what has been printed by now."""
        if sys.platform != "win32" and not self._ended:
            with self._drain_lock, contextlib.suppress(OSError, ValueError):
                descriptor = self._descriptor(self._popen.stderr)
                while select.select([descriptor], [], [], 0)[0] and self._take(descriptor):
                    pass

    def starved(self) -> bool:
        """Whether the kernel ended it for its memory."""
        return self._cgroup is not None and self._cgroup.killed()

    def lost(self) -> bool:
        """Whether bwrap itself was killed, which no student's code can do."""
        self.status()
        return self._launch.jailed and not self._doomed and self._popen.returncode < 0

    def status(self) -> int:
        """Wait for its end, or make it, and return its status; signals are negative."""
        try:
            status = self._popen.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self.kill()
            status = self._popen.wait(_PATIENCE)
        # bwrap tells a signal as a shell does.
        return 128 - status if self._launch.jailed and status > 128 else status

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._popen.poll() is None

    def kill(self) -> None:
        """End it and all that it started."""
        with self._lock:
            if self._ended:
                return
            if self._admitting:
                self._doomed = True
            elif sys.platform == "linux" and self._pidfd is not None:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self._pidfd, _SIGKILL)
                if self._doomed:
                    # The gate never opened, and bwrap itself may be waiting at it.
                    self._popen.kill()
            elif sys.platform != "win32" and not self._launch.jailed and self._popen.returncode is None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._popen.pid, _SIGKILL)
            else:
                self._popen.kill()

    def close(self) -> None:
        """End it and leave nothing behind."""
        self._outbox.put(None)
        self.kill()
        # The writer may still be admitting, and then kills at the end of that; the others end with the process.
        for thread in self._threads:
            thread.join(_GRACE)
        try:
            self._popen.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait(_PATIENCE)
        with self._lock:
            if not self._ended:
                self._ended = True
                self._release()

    # ---- starting

    def _start(self) -> "subprocess.Popen[bytes]":
        launch = self._launch
        if not launch.jailed:
            started = self._popen_of(launch.command, ())
            self._pid = started.pid
            return started
        with contextlib.ExitStack() as theirs:
            self._info, info = _pipe(theirs, ours="read")
            self._gate, gate = _pipe(theirs, ours="write")
            end, filter_ = _pipe(theirs, ours="write")
            with contextlib.closing(os.fdopen(end, "wb")) as stream:
                stream.write(launch.starting)
            # Until the gate opens, root's jail has no users and any other has not started Python.
            wait = "--userns-block-fd" if launch.user is not None else "--block-fd"
            flags = ("--info-fd", str(info), wait, str(gate), "--seccomp", str(filter_), "--")
            return self._popen_of((*launch.wrapper, *flags, *launch.command), (info, gate, filter_))

    def _popen_of(self, command: tuple[str, ...], descriptors: tuple[int, ...]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # noqa: S603 - the command is ours, the student's code is only data to it
            command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Windows starts nothing without its own variables.
            env=None if sys.platform == "win32" else self._launch.environment,
            pass_fds=descriptors,
            # A Ctrl-C at the worker is no death of the student's process.
            start_new_session=True,
        )

    def _admit(self) -> None:
        """Take hold of the jail's process while it waits: pidfd, groups, users; then open the gate."""
        pid = self._child()
        if pid is None or sys.platform != "linux":
            return
        self._pidfd = os.pidfd_open(pid)
        self._pid = pid
        if self._doomed:
            return
        if self._cgroup is not None:
            # A group can be ours to make, and its processes not ours to move: the other limits hold then.
            with contextlib.suppress(OSError):
                self._cgroup.add(pid)
                self.grouped = True
        with contextlib.suppress(PermissionError):
            Path(f"/proc/{pid}/oom_score_adj").write_text("1000", encoding="ascii")
        if (user := self._launch.user) is not None:
            for name in ("uid_map", "gid_map"):
                Path(f"/proc/{pid}/{name}").write_text(f"0 0 1\n{user} {user} 1\n", encoding="ascii")
        os.write(self._gate, b"1")

    def _child(self) -> int | None:
        """Return the process id that bwrap tells, or None where bwrap ends before it does."""
        told = b""
        while chunk := os.read(self._info, 4096):
            told += chunk
            with contextlib.suppress(ValueError):
                return int(json.loads(told)["child-pid"])
        return None

    # ---- the threads

    def _write(self) -> None:
        stream = self._popen.stdin
        if stream is None:
            return
        with contextlib.suppress(OSError), stream:
            if self._launch.jailed:
                try:
                    self._admit()
                except OSError as error:
                    self.fault = f"The jail could not be set up: {error}. "
                    self._doomed = True
                with self._lock:
                    self._admitting = False
                if self._doomed:
                    self.kill()
            while (data := self._outbox.get()) is not None:
                wire.write(stream.fileno(), data)

    def _read(self) -> None:
        descriptor = self._descriptor(self._popen.stdout)
        total = 0
        with contextlib.suppress(OSError):
            while chunk := os.read(descriptor, wire.CHUNK):
                total += len(chunk)
                if total > self._allowed:
                    self.chatty = True
                    self.kill()
                    break
                self.inbox.put(chunk)
                time.sleep(_BREATH)
        self.inbox.put(None)

    def _listen(self) -> None:
        descriptor = self._descriptor(self._popen.stderr)
        if sys.platform == "win32":
            while self._take(descriptor):
                pass
            return
        more = True
        while more:
            select.select([descriptor], [], [])
            with self._drain_lock:
                if select.select([descriptor], [], [], 0)[0]:
                    more = self._take(descriptor)

    def _take(self, descriptor: int) -> bool:
        """Take in a piece of what was printed; False at the end."""
        chunk = os.read(descriptor, wire.CHUNK)
        self._printed += len(chunk)
        self._kept += chunk[: KEPT - len(self._kept)]
        if self._printed > self._limit and not self.flooded:
            self.flooded = True
            self.kill()
        return bool(chunk)

    # ---- the end

    def _release(self) -> None:
        for descriptor in (self._info, self._gate, self._pidfd):
            if descriptor is not None and descriptor >= 0:
                os.close(descriptor)
        popen = getattr(self, "_popen", None)
        if popen is not None:
            for stream in (popen.stdin, popen.stdout, popen.stderr):
                with contextlib.suppress(OSError):
                    stream.close()
        if self._cgroup is not None:
            self._cgroup.remove()

    @staticmethod
    def _descriptor(stream: object) -> int:
        return stream.fileno()  # type: ignore[attr-defined,no-any-return]


def _pipe(theirs: contextlib.ExitStack, *, ours: str) -> tuple[int, int]:
    """Make a pipe and return our end and theirs, which is closed with the stack."""
    read, write = os.pipe()
    own, other = (read, write) if ours == "read" else (write, read)
    theirs.callback(os.close, other)
    return own, other
