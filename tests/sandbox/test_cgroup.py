"""Control groups: what a killed worker left is removed by the next, and nothing of anybody else's."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backmark.worker.sandbox.cgroup import Cgroup

LONG_AGO = 1_000_000_000


@pytest.fixture
def parent() -> Iterator[Path]:
    """Where groups are made here."""
    cgroup = Cgroup.make(1 << 28)
    if cgroup is None:
        pytest.skip("no control groups can be had here")
    yield cgroup.folders[-1].parent
    cgroup.remove()


def group(parent: Path, name: str) -> tuple[Path, "subprocess.Popen[bytes]"]:
    """An old group of this name, with a process in it."""
    folder = parent / name
    folder.mkdir()
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    (folder / "cgroup.procs").write_text(str(process.pid), encoding="ascii")
    os.utime(folder, (LONG_AGO, LONG_AGO))
    return folder, process


def find_dead_pid() -> int:
    """The process id of one that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


@pytest.mark.parametrize(
    ("name", "is_removed"),
    [("backmark-{gone}-0123abcd", True), ("backmark-{here}-0123abcd", False), ("backmark-of-another", False)],
)
def test_what_a_killed_worker_left_is_ended_and_no_other(parent: Path, name: str, is_removed: bool) -> None:  # noqa: FBT001
    folder, process = group(parent, name.format(gone=find_dead_pid(), here=os.getpid()))
    with process:
        try:
            cgroup = Cgroup.make(1 << 28)
            assert cgroup is not None
            cgroup.remove()
            if is_removed:
                assert process.wait(10) == -9
            else:
                assert process.poll() is None
        finally:
            process.kill()
            process.wait()
            cgroup = Cgroup.make(1 << 28)
            if cgroup is not None:
                cgroup.remove()
            if folder.exists():
                folder.rmdir()
