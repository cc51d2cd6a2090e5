"""Control groups: a second bound on memory and processes, if this machine lets us make one."""

import contextlib
import os
import re
import secrets
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

_ROOT = Path("/sys/fs/cgroup")
_NAME = "backmark"
#: The pattern of a group's name: by its worker's process id, and a word of its own.
_OWNED = re.compile(rf"{_NAME}-(\d+)-[0-9a-f]{{8}}")
#: Page tables and kernel memory count in a group, and not in RLIMIT_AS.
_HEADROOM = 64 * 1024 * 1024
#: Processes and threads in a jail: bwrap's own moment, and the threads that RLIMIT_NPROC lets through.
_TASKS = 80
#: Seconds after which a group whose worker is gone, killed before it could tidy up, is anyone's to remove.
_STALE = 60.0
#: A group can be busy for a moment after its last process was reaped.
_TRIES = 50


class Overruns(NamedTuple):
    """The number of times that memory was not enough, so far.

    The kernel kills processes in a group when the group reaches its limit, and also when a group above it does or the
    whole machine has no memory left. Only the first is the doing of who is in there.
    """

    kills: int = 0
    limit_reached: int = 0

    def after(self, before: "Overruns") -> bool:
        """Return True if a process was killed since then, and the group's own limit was reached."""
        return self.kills > before.kills and self.limit_reached > before.limit_reached


@dataclass(frozen=True, slots=True)
class Cgroup:
    """One jail's groups, one for each hierarchy that could be had."""

    folders: tuple[Path, ...]
    #: The file that counts what the kernel killed for its memory, where memory is grouped.
    events: Path | None = None

    @classmethod
    def make(cls, memory: int, jails: int = 1) -> "Cgroup | None":
        """Make groups for so many jails, with at most `memory` bytes; return None if none can be had."""
        name = f"{_NAME}-{os.getpid()}-{secrets.token_hex(4)}"
        limit = str(memory + _HEADROOM)
        tasks = str(jails * _TASKS)
        two = {"memory.max": limit, "pids.max": tasks, "memory.swap.max": "0"}
        ways = (
            [(parent, two) for parent in _version_two()],
            [(parent, {"memory.limit_in_bytes": limit}) for parent in _version_one("memory")],
            [(parent, {"pids.max": tasks}) for parent in _version_one("pids")],
        )
        groups = [next(filter(None, (_make(parent / name, values) for parent, values in way)), None) for way in ways]
        folders = tuple(folder for folder in groups if folder)
        counts = [folder / file for folder in folders for file in ("memory.events", "memory.oom_control")]
        return cls(folders, next(filter(Path.exists, counts), None)) if folders else None

    def add(self, pid: int) -> None:
        """Move a process into the groups; raises OSError."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(pid), encoding="ascii")

    def limit(self, memory: int) -> None:
        """Limit the memory of the group's processes to so many bytes from now on."""
        for folder in self.folders:
            for file in ("memory.max", "memory.limit_in_bytes"):
                with contextlib.suppress(FileNotFoundError, PermissionError):
                    (folder / file).write_text(str(memory + _HEADROOM), encoding="ascii")

    def overruns(self) -> Overruns:
        """Count the times that memory was not enough."""
        if self.events is None:
            return Overruns()
        try:
            lines = self.events.read_text(encoding="ascii").splitlines()
            counts = {name: int(number) for name, number in (line.split() for line in lines)}
            if "oom" not in counts:
                # Version 1 counts in a file of its own how often the limit was reached.
                counts["oom"] = int(self.events.with_name("memory.failcnt").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return Overruns()
        return Overruns(counts.get("oom_kill", 0), counts["oom"])

    def remove(self) -> None:
        """Remove the groups, whose processes have ended."""
        for folder in self.folders:
            for _ in range(_TRIES):
                try:
                    folder.rmdir()
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.002)
                else:
                    break


def _make(folder: Path, values: dict[str, str]) -> Path | None:
    _sweep(folder.parent)
    try:
        folder.mkdir()
    except OSError:
        return None
    try:
        for file, value in values.items():
            # Swap is not accounted for on every machine; the others are the point of the group.
            with contextlib.suppress(*((OSError,) if "swap" in file else ())):
                (folder / file).write_text(value, encoding="ascii")
        if not os.access(folder / "cgroup.procs", os.W_OK):
            raise PermissionError
    except OSError:
        folder.rmdir()
        return None
    return folder


def _sweep(parent: Path) -> None:
    """Remove what workers that were killed have left, with what is still in it.

    A worker that is killed in the very moment in which bwrap starts leaves a process that waits for bwrap for ever.
    """
    for folder in parent.glob(f"{_NAME}-*-*"):
        owner = _OWNED.fullmatch(folder.name)
        with contextlib.suppress(OSError):
            if owner and not Path("/proc", owner[1]).exists() and time.time() - folder.stat().st_mtime > _STALE:
                for pid in (folder / "cgroup.procs").read_text(encoding="ascii").split():
                    # Zero is a process that cannot be seen from here.
                    if pid != "0":
                        os.kill(int(pid), signal.SIGKILL)
                folder.rmdir()


def _own() -> dict[str, str]:
    """Return our own path in each hierarchy, by controller; version 2 is the empty name."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    own = {}
    for line in lines:
        _, controllers, path = line.split(":", 2)
        own.update(dict.fromkeys(controllers.split(","), path.lstrip("/")))
    return own


def _version_two() -> list[Path]:
    """Return the groups under which a child is limited: ours, or its parent if ours holds processes."""
    own = _own().get("")
    if own is None or not (_ROOT / "cgroup.controllers").exists():
        return []
    group = _ROOT / own
    parents = [group, group.parent] if own else [group]
    return [parent for parent in parents if {"memory", "pids"} <= _read_controllers(parent)]


def _read_controllers(folder: Path) -> set[str]:
    try:
        return set((folder / "cgroup.subtree_control").read_text(encoding="ascii").split())
    except OSError:
        return set()


def _version_one(controller: str) -> list[Path]:
    own = _own().get(controller)
    mount = _ROOT / controller
    return [mount / own, mount] if own is not None and mount.is_dir() else []
