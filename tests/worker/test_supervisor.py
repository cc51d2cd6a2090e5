"""The supervisor, with real processes: order, new starts, giving up, and what is left behind (nothing)."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from backmark.grader.errors import ServiceError
from backmark.worker.serve.managed_process import ManagedProcess
from backmark.worker.serve.supervisor import STOPPING, RestartPolicy, Supervisor

ROOT = Path(__file__).parents[2]
SOON = RestartPolicy(first=0.05, longest=0.1, well=30, deaths=3)


def shell(name: str, script: str, folder: Path, patience: float = 5.0) -> ManagedProcess:
    """A part that is a shell script."""
    return ManagedProcess(name, ("/bin/sh", "-c", script), folder / f"{name}.log", dict(os.environ), patience)


def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for it, or fail."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.02)


def ask_to_end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def lives(pid: int) -> bool:
    """Return True if a process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}


@dataclass
class Noted:
    """A part that only writes down what is asked of it."""

    name: str
    notes: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Note it."""
        self.notes.append(f"start {self.name}")

    def status(self) -> int | None:
        """It never ends by itself."""
        return None

    def hindrance(self) -> str | None:
        """Nothing."""
        return None

    def last_words(self) -> str:
        """It has no log."""
        return ""

    def stop(self, hurry: Callable[[], bool]) -> None:
        """Note it, and the hurry."""
        self.notes.append(f"stop {self.name}{' in a hurry' if hurry() else ''}")


def test_parts_stop_in_the_opposite_of_the_order_in_which_they_started() -> None:
    notes: list[str] = []
    Supervisor([Noted("store", notes), Noted("worker", notes)], notes.append).run(ask_to_end)
    assert notes == ["start store", "start worker", STOPPING, "stop worker", "stop store"]


def test_asked_twice_it_hurries() -> None:
    @dataclass
    class Impatient(Noted):
        def stop(self, hurry: Callable[[], bool]) -> None:
            """Ask again meanwhile."""
            ask_to_end()
            Noted.stop(self, hurry)

    notes: list[str] = []
    Supervisor([Impatient("worker", notes)], notes.append).run(ask_to_end)
    assert notes[-1] == "stop worker in a hurry"


def test_a_part_that_died_is_started_again_and_said_to_be(tmp_path: Path) -> None:
    lines: list[str] = []
    part = shell("worker", "echo once more; exec sleep 60", tmp_path)
    pids: set[int] = set()

    def look() -> None:
        if part.pid is not None and part.pid not in pids:
            pids.add(part.pid)
            eventually(lambda: part.last_words().endswith(" / ".join(["once more"] * len(pids))))
            ask_to_end() if len(pids) == 2 else os.kill(part.pid, signal.SIGKILL)

    Supervisor([part], lines.append, SOON).run(look)
    assert lines == ["the worker was ended by SIGKILL; it starts again in 0.05 s. Its log ends: once more", STOPPING]
    assert not any(lives(pid) for pid in pids)


def test_a_part_that_the_machine_keeps_from_running_is_waited_for_and_that_is_said(tmp_path: Path) -> None:
    full_marker = tmp_path / "full"

    class Hindered(ManagedProcess):
        def hindrance(self) -> str | None:
            return "no space left" if full_marker.exists() else None

    part = Hindered("store", ("/bin/sh", "-c", "exec sleep 60"), tmp_path / "log", dict(os.environ), 5.0)
    lines: list[str] = []
    lives_left = SOON.deaths + 1

    def look() -> None:
        nonlocal lives_left
        if part.pid is None:
            full_marker.unlink(missing_ok=True)
        elif not lives_left:
            ask_to_end()
        elif not full_marker.exists():
            lives_left -= 1
            full_marker.touch()
            os.kill(part.pid, signal.SIGKILL)

    Supervisor([part], lines.append, SOON).run(look)
    assert lines.pop() == STOPPING
    assert (
        lines
        == SOON.deaths
        * [
            "the store was ended by SIGKILL: no space left. It is restarted as soon as there is",
            "the store starts again: the obstacle is gone",
        ]
        + lines[-2:]
    )


def test_a_part_that_keeps_dying_ends_the_whole_with_its_last_words(tmp_path: Path) -> None:
    lines: list[str] = []
    other_part = shell("store", "exec sleep 60", tmp_path)
    with pytest.raises(ServiceError, match=r"the web server ended 3 times in a row, .*: no such port") as error:
        Supervisor([other_part, shell("web server", "echo no such port; exit 7", tmp_path)], lines.append, SOON).run(
            lambda: None
        )
    assert "accepted submissions are kept" in str(error.value)
    assert [line.split(";")[0] for line in lines] == ["the web server ended with status 7"] * 2
    assert other_part.pid is None


def test_a_part_that_cannot_be_started_stops_those_that_were() -> None:
    @dataclass
    class Refusing(Noted):
        def start(self) -> None:
            """Refuse."""
            raise ServiceError("there is no server here")

    notes: list[str] = []
    with pytest.raises(ServiceError, match="no server"):
        Supervisor([Noted("store", notes), Refusing("worker", notes)], notes.append).run(lambda: None)
    assert notes == ["start store", "stop store"]


def test_what_does_not_end_when_asked_is_killed_with_what_it_started(tmp_path: Path) -> None:
    script = f"trap '' TERM; sleep 60 & echo $! > {tmp_path}/child; wait; wait; sleep 60"
    part = shell("worker", script, tmp_path, patience=0.2)
    part.start()
    eventually(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text().strip() != "")
    child, parent = int((tmp_path / "child").read_text()), part.pid
    assert parent is not None
    part.stop(lambda: False)
    eventually(lambda: not lives(child) and not lives(parent))


def test_children_of_a_part_that_was_killed_are_gone_before_it_starts_again(tmp_path: Path) -> None:
    part = shell("worker", f"sleep 60 & echo $! > {tmp_path}/child; wait", tmp_path)
    part.start()
    eventually(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text().strip() != "")
    child = int((tmp_path / "child").read_text())
    assert part.pid is not None
    os.kill(part.pid, signal.SIGKILL)
    eventually(lambda: part.status() is not None)
    eventually(lambda: not lives(child))


def test_a_long_log_is_put_aside_while_it_is_written(tmp_path: Path) -> None:
    part = shell("worker", "head -c 17000000 /dev/zero; echo; echo still here; exec sleep 60", tmp_path)
    part.start()
    try:
        eventually(lambda: part.log.stat().st_size > 17_000_000)
        eventually(lambda: part.last_words().endswith("still here"))
        part.status()
        assert part.log.stat().st_size == 0
        assert part.log.with_suffix(".old.log").stat().st_size > 17_000_000
    finally:
        part.stop(lambda: True)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own tether is Linux's")
def test_parts_end_by_themselves_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from backmark.worker.serve.managed_process import ManagedProcess\n"
        "part = ManagedProcess('worker', ('/bin/sh', '-c', 'exec sleep 60'), Path(sys.argv[1]), {}, 5.0)\n"
        "part.start(); print(part.pid, flush=True); sys.stdin.read()\n"
    )
    with start_process([sys.executable, "-c", script, str(tmp_path / "log")]) as supervisor:
        assert supervisor.stdout is not None
        part = int(supervisor.stdout.readline())
        assert lives(part)
        supervisor.kill()
        eventually(lambda: not lives(part))


def start_process(command: Sequence[str]) -> "subprocess.Popen[str]":
    """A process of this project's, talked to over its streams."""
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
