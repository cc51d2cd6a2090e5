"""The free space of the disk below a folder, and the check that it is not full."""

import os
from pathlib import Path

#: Bytes below which a disk counts as full: more than one write of Redis's takes; of a small disk an eighth.
_ROOM = 32 << 20


def complain_if_full(folder: Path) -> str | None:
    """Return "no space left on the disk of ..." if that is so; None also if the disk cannot be asked."""
    disk = _ask(folder)
    if disk is None:
        return None
    free, size = disk
    needed = min(_ROOM, size // 8)
    if free >= needed:
        return None
    return f"no space left on the disk of {folder}: {free >> 10:,} KiB are free, and Redis needs {needed >> 10:,} KiB"


def free_bytes(folder: Path) -> int | None:
    """Return the free bytes of the disk below a folder; None if the disk cannot be asked."""
    disk = _ask(folder)
    return None if disk is None else disk[0]


def _ask(folder: Path) -> tuple[int, int] | None:
    """Return the free bytes and the size of the disk below a folder; None if the disk cannot be asked."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return None
    return disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
