"""The kernel's account of a process that it runs: processor time, time spent waiting for a processor, and state."""

import os
import sys
import time
from pathlib import Path
from typing import NamedTuple

#: States in which a process neither runs nor sleeps of its own accord: stopped, traced, waiting for a device, ended.
_HELD = frozenset("TtDX")
#: Of a thread that is ending or has ended (linux/sched.h).
_PF_EXITING = 0x4
#: The kernel's clock of the processor time of another process, beside the process id (linux/posix-timers.h).
_CPUCLOCK_SCHED = 2


class Usage(NamedTuple):
    """The counters of one process at one moment."""

    #: Seconds of processor time, all threads together.
    computed: float
    #: Seconds for which the main thread was ready to run and had no processor, up to its last turn on one.
    waited: float
    #: Turns that the main thread has had on a processor; 0 where the kernel does not count the two.
    turns: int
    #: The main thread's state, as `ps` shows it; X where the whole process ends.
    state: str

    @property
    def running(self) -> bool:
        """True if the main thread runs, or would if it had a processor."""
        return self.state == "R"

    @property
    def accountable(self) -> bool:
        """True if the main thread does of itself what it does now, as far as can be known."""
        return self.state not in _HELD and (self.turns > 0 or not self.running)


def read_usage(pid: int | None) -> Usage | None:
    """Return the counters of a process; None if it has ended or this system does not count."""
    if pid is None or sys.platform != "linux":
        return None
    try:
        computed = time.clock_gettime((~pid << 3) | _CPUCLOCK_SCHED)
        fields = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
        # The main thread can end alone. Once the last one does, it is for others to notice.
        ended = int(fields[6]) & _PF_EXITING and int(fields[17]) <= 1
        state = "X" if ended else fields[0].decode()
    except (OSError, IndexError):
        return None
    _, waited, turns = _read_schedstat(f"/proc/{pid}/schedstat")
    return Usage(computed, waited / 1e9, turns, state)


def own_seconds() -> float:
    """Return for how long our own thread has run, or waited for a processor; 0 if this system does not count."""
    if sys.platform != "linux":
        return 0.0
    ran, waited, _ = _read_schedstat("/proc/thread-self/schedstat")
    return (ran + waited) / 1e9


def ended_seconds(pid: int) -> float | None:
    """Return the processor time of a process that has ended and that nobody has waited for yet."""
    return _stat_seconds(pid, 11)


def children_seconds(pid: int) -> float | None:
    """Return the processor time of the children that a process has waited for, while it is there or unreaped itself."""
    return _stat_seconds(pid, 13)


def _stat_seconds(pid: int, place: int) -> float | None:
    """Return the seconds that two fields of `stat` add up to, counted in ticks behind the process's name."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    return (int(fields[place]) + int(fields[place + 1])) / os.sysconf("SC_CLK_TCK")


def _read_schedstat(path: str) -> tuple[int, int, int]:
    """Return nanoseconds on a processor, nanoseconds waiting for one, and turns; zeros if the kernel has none."""
    try:
        ran, waited, turns = map(int, _read(path).split())
    except (OSError, ValueError):
        return 0, 0, 0
    return ran, waited, turns


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, 4096)
    finally:
        os.close(descriptor)
