"""Processor time that the parts of a service have used, by role: read from /proc, load and all."""

import os
from pathlib import Path

from bench.process_tree import list_children, walk_tree

_TICK = os.sysconf("SC_CLK_TCK")


def read_processor_seconds(worker: int) -> dict[str, float]:
    """Return the seconds of the worker of this pid with its jails, and of `others` (web, sweeper, Redis).

    All are children of this process. Processes are not known by their titles, which Celery changes.

    The time of a process that has ended counts as its parent's, once the parent has waited for it.
    """
    seconds = {"worker": 0.0, "others": 0.0}
    for pid in list_children(os.getpid()):
        seconds["worker" if pid == worker else "others"] += read_tree_seconds(pid)
    return seconds


def read_tree_seconds(pid: int) -> float:
    """Return the seconds of a process and of all that it started, as far as those that ended were waited for."""
    return sum(map(_read_seconds, walk_tree(pid)))


def _read_seconds(pid: int) -> float:
    """Return the time of a process and of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICK
