"""Processes and their children, read from /proc; a process that has just ended has no children."""

from collections.abc import Iterator
from pathlib import Path


def list_children(pid: int) -> list[int]:
    """Return the children of a process, whichever of its threads started them."""
    children: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            children += map(int, (task / "children").read_text().split())
    except OSError:
        # The process, or one of its threads, has just ended.
        pass
    return children


def walk_tree(pid: int) -> Iterator[int]:
    """Yield the process and all its descendants, parents first."""
    yield pid
    for child in list_children(pid):
        yield from walk_tree(child)
