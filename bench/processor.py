"""Processor time that the parts of a service have used, by role: read from /proc, load and all."""

import os
from pathlib import Path

from bench.process_tree import list_children, read_command_line, walk_tree

_TICK = os.sysconf("SC_CLK_TCK")
#: Words of a part's command line, and the role under which its time is counted.
_ROLES = {
    "worker.cli.main worker": "worker",
    "worker.cli.main sweeper": "others",
    "grader.web": "others",
    "redis": "others",
}


def read_processor_seconds() -> dict[str, float]:
    """Return the seconds of the worker with its jails, and of `others` (web, sweeper, Redis) below this process.

    The time of a process that has ended counts as its parent's, once the parent has waited for it.
    """
    seconds = {"worker": 0.0, "others": 0.0}
    for pid in list_children(os.getpid()):
        command_line = read_command_line(pid)
        role = next((name for words, name in _ROLES.items() if words in command_line), "others")
        seconds[role] += sum(map(_read_seconds, walk_tree(pid)))
    return seconds


def _read_seconds(pid: int) -> float:
    """Return the time of a process and of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICK
