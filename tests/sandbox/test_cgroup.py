"""Control groups: what a killed worker left is removed by the next, and nothing of anybody else's."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker.sandbox.cgroup import Cgroup

LONG_AGO = 1_000_000_000


@pytest.fixture
def parent() -> Iterator[Path]:
    """Where groups are made here."""
    made = Cgroup.make(1 << 28)
    if made is None:
        pytest.skip("no control groups can be had here")
    yield made.folders[-1].parent
    made.remove()


def group(parent: Path, name: str) -> tuple[Path, "subprocess.Popen[bytes]"]:
    """An old group of this name, with a process in it."""
    folder = parent / name
    folder.mkdir()
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    (folder / "cgroup.procs").write_text(str(process.pid), encoding="ascii")
    os.utime(folder, (LONG_AGO, LONG_AGO))
    return folder, process


def gone() -> int:
    """The process id of one that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    return ended.pid


@pytest.mark.parametrize(
    ("name", "removed"),
    [("backmark-{gone}-0123abcd", True), ("backmark-{here}-0123abcd", False), ("backmark-of-another", False)],
)
def test_what_a_killed_worker_left_is_ended_and_no_other(parent: Path, name: str, removed: bool) -> None:  # noqa: FBT001
    folder, process = group(parent, name.format(gone=gone(), here=os.getpid()))
    with process:
        try:
            made = Cgroup.make(1 << 28)
            assert made is not None
            made.remove()
            if removed:
                assert process.wait(10) == -9
            else:
                assert process.poll() is None
        finally:
            process.kill()
            process.wait()
            made = Cgroup.make(1 << 28)
            if made is not None:
                made.remove()
            if folder.exists():
                folder.rmdir()
