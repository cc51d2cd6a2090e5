"""The template: a jailed interpreter with NumPy, started up once, that forks a jail for each submission.

A jail so made has namespaces, limits, filter and process 1 of its own, and costs a thirtieth of one from nothing. What
they share is what the template was before the first: its memory, copied on write, and read-only files.
"""

import contextlib
import logging
import os
import platform
import socket
from collections import deque

from backmark.grader.errors import JailFailed
from backmark.worker.sandbox import seccomp
from backmark.worker.sandbox.bubble import Bubble
from backmark.worker.sandbox.cgroup import Cgroup, Overruns
from backmark.worker.sandbox.forked import Forked
from backmark.worker.sandbox.inside import wire
from backmark.worker.sandbox.policy import JailLimits, Launch
from backmark.worker.sandbox.process import Process
from backmark.worker.sandbox.request import JailRequest
from backmark.worker.sandbox.syscalls import RUNNING

_log = logging.getLogger(__name__)

#: Submissions after which a template is replaced: its start is then a thousandth of what each costs.
USES = 1000
#: Bytes that a template and what stands between it and its children use themselves.
_OWN = 128 * 1024 * 1024
#: Jails whose threads there is room for at once, so that none keeps the template from forking.
_TOGETHER = 4
#: Bytes that a template has for the requests that it keeps: room for what the eight groups of a usual assignment are
#: asked. A case takes so many beside its numbers. What is asked beyond them is sent each time. They count as every
#: jail's own memory, and must be little of that.
_KEPT, _CASE = 24 * 1024 * 1024, 8 * 1024
#: Seconds on the wall clock for a template to start up, and to fork.
_PATIENCE = 30.0
#: Bytes that it may say of why it ended.
_SAID = 64 * 1024


class Template:
    """The template in use: started when it is first needed, and again when it is worn. For one thread."""

    def __init__(self, launch: Launch, uses: int = USES) -> None:
        self._launch = launch
        self._uses = uses
        self._running: _Running | None = None
        self._last: Forked | None = None

    def start(self, limits: JailLimits) -> Process:
        """Have a jail forked."""
        if self._last is not None:
            # Their holders come one after the other.
            with contextlib.suppress(JailFailed):
                self._last.admit()
            self._last = None
        running = self._fit()
        running.limit(limits.memory)
        running.left -= 1
        self._last = Forked(running, self._launch, limits)
        return self._last

    def keep(self, request: JailRequest) -> None:
        """Have the jails forked from now on know this request, so that it need not be sent."""
        if self._running is not None:
            self._running.keep(request)

    def close(self) -> None:
        """End the template, and with it the jails forked from it. The next start begins another one."""
        self._last = None
        if self._running is not None:
            self._running.close()
            self._running = None

    @property
    def pid(self) -> int | None:
        """The process id of the one that runs, as seen from here."""
        return None if self._running is None else self._running.pid

    def _fit(self) -> "_Running":
        """Return a template that runs and is not worn."""
        if self._running is not None and not self._running.alive:
            # Nobody else says why: its jails only met their end.
            _log.warning("the template ended: %s", self._running.last_words() or "it was killed")
            self.close()
        elif self._running is not None and self._running.left <= 0:
            self.close()
        if self._running is None:
            self._running = _Running(self._launch, self._uses)
        return self._running


class _Running:
    """One template's process, and the socket on which it is asked."""

    def __init__(self, launch: Launch, uses: int) -> None:
        self.left = uses
        #: The keys of the requests in its memory.
        self.kept: frozenset[str] = frozenset()
        self._room = _KEPT
        self._memory = 0
        self._parser = wire.Parser(payload_cap=0)
        self._holders: deque[int] = deque()
        self._group = Cgroup.make(_OWN, _TOGETHER)
        self._control, theirs = socket.socketpair()
        self._stderr_read, stderr_write = os.pipe()
        os.set_blocking(self._stderr_read, False)
        self._control.settimeout(_PATIENCE)
        try:
            # It sees the end of its socket when we are gone, and with it ends all that it forked.
            self._bubble = Bubble(
                launch, launch.forking, (theirs.fileno(), stderr_write, stderr_write), self._group, tied=False
            )
        except JailFailed:
            self._shut()
            raise
        finally:
            theirs.close()
            os.close(stderr_write)
        try:
            self._control.sendall(_begin(launch))
        except OSError as error:
            failure = self._give_up()
            self.close()
            raise failure from error

    @property
    def grouped(self) -> bool:
        """True if control groups hold it and its children."""
        return self._bubble.grouped

    @property
    def pid(self) -> int | None:
        """Its process id as seen from here."""
        return self._bubble.pid

    @property
    def alive(self) -> bool:
        """True while it runs."""
        return self._bubble.alive

    def limit(self, memory: int) -> None:
        """Let its children have so many bytes together, or what was asked for one before, if that is more."""
        # Less would end one that lives and has more, or be refused; each has its own limit besides.
        if memory > self._memory and self._group is not None:
            self._group.limit(memory + _OWN)
        self._memory = max(memory, self._memory)

    def overruns(self) -> Overruns:
        """Count the times that the memory of its processes was not enough."""
        return Overruns() if self._group is None else self._group.overruns()

    def suspect(self) -> None:
        """Fork no more from it."""
        self.left = 0

    def keep(self, request: JailRequest) -> None:
        """Have the jails forked from now on know a request, if there is room."""
        # The numbers, what is made of them, and the objects around both.
        size = 2 * len(request.payload) + _CASE * len(request.answer_sizes)
        if request.key in self.kept or size > self._room:
            return
        try:
            self._control.sendall(wire.KEEP + wire.pack({"key": request.key, **request.header}, request.payload))
        except OSError:
            # It may have half of it. Whoever wants a child is told that it ended.
            self.suspect()
            self._control.close()
            return
        self._room -= size
        self.kept |= {request.key}

    def fork(self, descriptors: list[int]) -> None:
        """Ask for a child."""
        try:
            socket.send_fds(self._control, [wire.FORK], descriptors)
        except OSError as error:
            raise self._give_up() from error

    def holder(self) -> int:
        """Return the pidfd of the child that was requested."""
        while not self._holders:
            self._hear()
        return self._holders.popleft()

    def last_words(self) -> str:
        """Return the unread output of the process itself: Python's or bwrap's own complaint."""
        with contextlib.suppress(OSError):
            return os.read(self._stderr_read, _SAID).decode("utf-8", "replace").strip()
        return ""

    def close(self) -> None:
        """End it, and with it all that it forked."""
        self._bubble.close()
        self._shut()

    def _hear(self) -> None:
        """Read its report: that it has forked, with a pidfd, or why it could not."""
        try:
            data, holders, _, _ = socket.recv_fds(self._control, wire.HEADER_CAP, 1)
            self._holders += holders
            frames = self._parser.feed(data)
        except TimeoutError as error:
            raise self._give_up("it did not answer in time") from error
        except (OSError, wire.WireError) as error:
            raise self._give_up() from error
        for frame in frames:
            if "fault" in frame.header:
                raise self._give_up(str(frame.header["fault"]))
        if not data:
            raise self._give_up()

    def _give_up(self, fault: str = "") -> JailFailed:
        self.suspect()
        return JailFailed(f"the template forked no jail: {fault or self.last_words() or 'it ended'}")

    def _shut(self) -> None:
        self._control.close()
        for holder in self._holders:
            os.close(holder)
        self._holders.clear()
        os.close(self._stderr_read)
        # Whoever still waits for a child is told that there is none: the number may be another's by then.
        self._stderr_read = -1


def _begin(launch: Launch) -> bytes:
    """Return the first frame that a template reads."""
    _, column = seccomp.MACHINES[platform.machine()]
    return wire.pack({"template": True, "user": launch.user, "clone": RUNNING["clone"][column]})
