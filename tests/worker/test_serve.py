"""`backmark serve` from outside: one command, the whole service, and nothing lost whichever way it ends."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from grader.settings.machine import DEFAULT_REDIS_MAXMEMORY, parse_memory
from worker.serve.readiness import unready_parts

EXAMPLES = Path(__file__).parents[2] / "examples"
pytestmark = pytest.mark.usefixtures("jail", "redis_program")


class Served:
    """A running `backmark serve`, and what it has said."""

    def __init__(self, data: Path, *words: str, **variables: str) -> None:
        self.data = data
        self.said = ""
        self._output = data.with_suffix(".out")
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                command(data, *words), stdout=output, stderr=output, env=surroundings(**variables)
            )

    def until(self, pattern: str, seconds: float = 90.0) -> "re.Match[str]":
        """Wait until it says something, and return that."""
        eventually(lambda: re.search(pattern, self._read()) or self.process.poll() is not None, seconds)
        found = re.search(pattern, self._read())
        assert found, self.said
        return found

    def _read(self) -> str:
        self.said = self._output.read_text(encoding="utf-8")
        return self.said

    @property
    def url(self) -> str:
        """The URL, once the service is ready."""
        return self.until(r"ready at (http://\S+)")[1]

    def ask(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A request with the token that it made."""
        url = self.url
        headers = {"Authorization": f"Bearer {(self.data / 'token').read_text(encoding='ascii').strip()}"}
        method = "GET" if body is None else "POST"
        answer = httpx.request(method, f"{url}/api/v1{path}", json=body, headers=headers, timeout=30)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told

    def submit(self, example: str, student: str) -> str:
        """Hand in an example; its id."""
        source = (EXAMPLES / example).read_text(encoding="utf-8")
        fields = {"assignment": "udl-7.2", "student": student, "filename": example, "source": source}
        return str(self.ask("/submissions", fields)["id"])

    def memory(self) -> float:
        """Return the maxmemory of its Redis in bytes."""
        figures = httpx.get(f"{self.url}/metrics").text
        found = re.search(r"^backmark_storage_maxmemory_bytes (\S+)$", figures, re.MULTILINE)
        assert found is not None, figures
        return float(found[1])

    def outcome(self, submission: str) -> str:
        """The outcome, once it is there."""
        eventually(lambda: self.ask(f"/submissions/{submission}")["state"] not in {"queued", "running"})
        return str(self.ask(f"/submissions/{submission}")["verdict"]["outcome"])

    def parts(self) -> list[int]:
        """The processes that it started."""
        return [pid for pid in numbers() if parent(pid) == self.process.pid]

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it, and all that it started; its status."""
        parts = self.parts()
        self.process.send_signal(how)
        status = self.process.wait(60)
        eventually(lambda: all(parent(pid) is None for pid in parts))
        return status


def command(data: Path, *words: str) -> Sequence[str]:
    return [
        *(sys.executable, "-m", "worker.cli.main", "serve"),
        *("--data", str(data), "--bind", "127.0.0.1:0", "--workers", "1", *words),
    ]


def surroundings(**variables: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("BACKMARK_")}
    return {**ours, "PYTHONPATH": str(EXAMPLES.parent), "PYTHONUNBUFFERED": "1", **variables}


def numbers() -> list[int]:
    """All processes of this machine."""
    return [int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal()]


def parent(pid: int) -> int | None:
    """A running process's parent; None for what runs no more."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in {"Z", "X"} else int(fields[1])


def eventually(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for it, or fail."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.05)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts services, and ends those that are still there."""
    made: list[Served] = []

    def start(*words: str, **variables: str) -> Served:
        made.append(Served(tmp_path / "data", *words, **variables))
        return made[-1]

    yield start
    for each in made:
        if each.process.poll() is None:
            each.end()


def test_it_serves_from_nothing_and_keeps_all_for_the_next_time(serve: Callable[..., Served]) -> None:
    first = serve()
    done = first.submit("missing_factor_two.py", "ada")
    assert first.outcome(done) == "failed"
    assert re.search(r"\n    bmk_\w", first.said)
    assert first.memory() == parse_memory(DEFAULT_REDIS_MAXMEMORY)
    waiting = [first.submit("right_loops.py", f"student-{number}") for number in range(6)]
    assert first.end(signal.SIGINT) == 0
    assert "stopped; accepted submissions are kept" in first.until("stopped.*")[0]

    second = serve(BACKMARK_REDIS_MAXMEMORY="2gb", BACKMARK_PUBLIC_URL="https://backmark.example.edu")
    assert second.memory() == 2 << 30
    assert second.outcome(done) == "failed"
    assert {second.outcome(each) for each in waiting} == {"passed"}
    assert {second.ask(f"/submissions/{each}")["attempt"] for each in waiting} == {1}
    assert "bmk_" not in second.said
    beside = f'set -a; . "{second.data}/environment"; exec "{sys.executable}" -m worker.cli.main lti invite'
    invited = subprocess.run(["/bin/sh", "-c", beside], env=surroundings(), capture_output=True, text=True, check=True)
    assert invited.stdout.startswith("https://backmark.example.edu/lti/register/")


def test_a_second_one_on_the_same_folder_is_refused(serve: Callable[..., Served]) -> None:
    first = serve()
    # It has the folder long before it is ready.
    lock = first.data / "serve.lock"
    eventually(lambda: lock.is_file() and lock.read_bytes().strip() == str(first.process.pid).encode())
    done = subprocess.run(command(first.data), capture_output=True, text=True, check=False, env=surroundings())
    assert done.returncode == 3
    assert f"is in use by another `backmark serve`, process {first.process.pid};" in done.stderr
    # Its parts need not come up first.
    first.end(signal.SIGKILL)


def test_when_it_is_killed_its_parts_end_and_the_next_goes_on(serve: Callable[..., Served]) -> None:
    first = serve()
    submissions = [first.submit("right_einsum.py", f"student-{number}") for number in range(6)]
    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    second = serve(BACKMARK_LEASE_SECONDS="2")
    assert {second.outcome(each) for each in submissions} == {"passed"}


def test_parts_that_are_killed_are_started_again_and_lose_nothing(serve: Callable[..., Served]) -> None:
    served = serve(BACKMARK_LEASE_SECONDS="2")
    assert served.url
    submissions = [served.submit("right.ipynb", f"student-{number}") for number in range(6)]
    parts = served.parts()
    assert len(parts) == 4
    for pid in parts:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: len(set(served.parts()) - set(parts)) == 4)
    eventually(lambda: unready_parts(served.url) == {})
    assert {served.outcome(each) for each in submissions} == {"passed"}
    for name in ("Redis", "worker", "sweeper", "web server"):
        assert f"the {name} was ended by SIGKILL; it starts again in 0.5 s" in served.until(f"the {name} was.*")[0]


def test_without_a_jail_it_says_so_and_takes_in_what_is_handed_in(serve: Callable[..., Served]) -> None:
    served = serve(BACKMARK_BWRAP="/nonexistent")
    said = served.until(r"not ready yet: (.*)\n.*run `backmark doctor` to see what to do")[1]
    assert "cannot isolate" in said
    assert "No bubblewrap at /nonexistent" in said
    assert "ready at" not in served.said


def test_a_setting_that_is_wrong_is_named_before_anything_starts(tmp_path: Path) -> None:
    done = subprocess.run(
        command(tmp_path / "data"), capture_output=True, text=True, check=False, env=surroundings(BACKMARK_TRIES="many")
    )
    assert done.returncode == 3
    assert "backmark: BACKMARK_TRIES: " in done.stderr
    assert done.stdout == ""


def test_an_address_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    words = [*command(tmp_path / "data"), "--bind", "everywhere"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=surroundings())
    assert done.returncode == 2
    assert "everywhere is not HOST:PORT" in done.stderr
