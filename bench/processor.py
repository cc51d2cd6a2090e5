"""Processor time that the parts of a service have used, by what each does: read from /proc, load and all."""

import os
from collections.abc import Iterator
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
#: What tells a part by its command line, and what it is called here.
_PARTS = {
    "worker.cli.main worker": "worker",
    "worker.cli.main sweeper": "others",
    "grader.web": "others",
    "redis": "others",
}


def spent() -> dict[str, float]:
    """Seconds of the worker with its jails, and of `others` (web, sweeper, Redis): all that this process started.

    What a process that has ended used counts as its parent's, once that has heard of its end.
    """
    seconds = {"worker": 0.0, "others": 0.0}
    for pid in children_of(os.getpid()):
        line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        part = next((name for words, name in _PARTS.items() if words in line), "others")
        seconds[part] += sum(_used(each) for each in _tree(pid))
    return seconds


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for child in children_of(pid):
        yield from _tree(child)


def children_of(pid: int) -> list[int]:
    """Return the children of a process, whichever of its threads started them."""
    found: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    except OSError:
        # It, or one of its threads, has just ended.
        pass
    return found


def _used(pid: int) -> float:
    """Its own, and its ended children's."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICK
