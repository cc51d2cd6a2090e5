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

from backmark.grader.settings.machine import DEFAULT_REDIS_MAXMEMORY, parse_memory
from backmark.worker.serve.embedded import free_port
from backmark.worker.serve.readiness import unready_parts

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
        match = re.search(pattern, self._read())
        assert match, self.said
        return match

    def _read(self) -> str:
        self.said = self._output.read_text(encoding="utf-8")
        return self.said

    @property
    def url(self) -> str:
        """The URL, once the service is ready."""
        return self.until(r"ready at (http://\S+)")[1]

    @property
    def headers(self) -> dict[str, str]:
        """The headers with the token that it made."""
        return {"Authorization": f"Bearer {(self.data / 'token').read_text(encoding='ascii').strip()}"}

    def ask(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A request with the token that it made."""
        url = self.url
        method = "GET" if body is None else "POST"
        answer = httpx.request(method, f"{url}/api/v1{path}", json=body, headers=self.headers, timeout=30)
        answer.raise_for_status()
        record: dict[str, Any] = answer.json()
        return record

    def run_beside(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command that is told no more than the folder."""
        return subprocess.run(
            [sys.executable, "-m", "backmark.worker.cli.main", *words],
            env=surroundings(BACKMARK_DATA=str(self.data)),
            capture_output=True,
            text=True,
            check=False,
        )

    def submit(self, example: str, student: str) -> str:
        """Hand in an example; its id."""
        source = (EXAMPLES / example).read_text(encoding="utf-8")
        fields = {"assignment": "udl-7.2", "student": student, "filename": example, "source": source}
        return str(self.ask("/submissions", fields)["id"])

    def memory(self) -> float:
        """Return the maxmemory of its Redis in bytes."""
        figures = httpx.get(f"{self.url}/metrics", headers=self.headers).text
        match = re.search(r"^backmark_storage_maxmemory_bytes (\S+)$", figures, re.MULTILINE)
        assert match is not None, figures
        return float(match[1])

    def outcome(self, submission: str) -> str:
        """The outcome, once it is there."""
        eventually(lambda: self.ask(f"/submissions/{submission}")["state"] not in {"queued", "running"})
        return str(self.ask(f"/submissions/{submission}")["verdict"]["outcome"])

    def parts(self) -> list[int]:
        """The processes that it started."""
        return [pid for pid in numbers() if parent(pid) == self.process.pid]

    def end(self, end_signal: signal.Signals = signal.SIGTERM) -> int:
        """End it, and all that it started; its status."""
        parts = self.parts()
        self.process.send_signal(end_signal)
        status = self.process.wait(60)
        eventually(lambda: all(parent(pid) is None for pid in parts))
        return status


def command(data: Path, *words: str) -> Sequence[str]:
    return [
        *(sys.executable, "-m", "backmark.worker.cli.main", "serve"),
        *("--data", str(data), "--bind", "127.0.0.1:0", "--workers", "1", *words),
    ]


def surroundings(**variables: str) -> dict[str, str]:
    own_variables = {name: value for name, value in os.environ.items() if not name.startswith("BACKMARK_")}
    return {**own_variables, "PYTHONPATH": str(EXAMPLES.parent), "PYTHONUNBUFFERED": "1", **variables}


def numbers() -> list[int]:
    """All processes of this machine."""
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


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
    servers: list[Served] = []

    def start(*words: str, **variables: str) -> Served:
        servers.append(Served(tmp_path / "data", *words, **variables))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.end()


def test_it_serves_from_nothing_and_keeps_all_for_the_next_time(serve: Callable[..., Served]) -> None:
    first = serve()
    submission = first.submit("missing_factor_two.py", "ada")
    assert first.outcome(submission) == "failed"
    assert re.search(rf"open {first.url}/sign-in and sign in with this token, .*:\n    bmk_\w", first.said)
    assert first.memory() == parse_memory(DEFAULT_REDIS_MAXMEMORY)
    submissions = [first.submit("right_loops.py", f"student-{number}") for number in range(6)]
    assert first.end(signal.SIGINT) == 0
    assert "Ctrl-C again stops at once" in first.until(r"stopping.*\n")[0]
    assert "stopped; accepted submissions are kept" in first.until("stopped.*")[0]

    second = serve("--public-url", "https://backmark.example.edu", BACKMARK_REDIS_MAXMEMORY="2gb")
    assert second.memory() == 2 << 30
    assert second.outcome(submission) == "failed"
    assert {second.outcome(submission_id) for submission_id in submissions} == {"passed"}
    assert {second.ask(f"/submissions/{submission_id}")["attempt"] for submission_id in submissions} == {1}
    assert "bmk_" not in second.said
    assert "links to it begin with https://backmark.example.edu/, which must lead here\n" in second.said
    assert f"open {second.url}/sign-in and sign in with the token in {second.data}/token\n" in second.said
    assert second.run_beside("service", "lti", "invite").stdout.startswith("https://backmark.example.edu/lti/register/")
    assert second.run_beside("status", submission).returncode == 1
    assert second.end() == 0
    assert f"no `backmark serve` runs on {second.data}" in second.run_beside("service", "token", "list").stderr


def test_who_sees_it_ready_finds_its_token(serve: Callable[..., Served]) -> None:
    """It is there before the web server says anything."""
    port = free_port()
    server = serve("--bind", f"127.0.0.1:{port}")
    eventually(lambda: unready_parts(f"http://127.0.0.1:{port}") is not None)
    assert (server.data / "token").read_text(encoding="ascii").startswith("bmk_")
    assert server.run_beside("service", "token", "list").returncode == 0


def test_a_second_one_on_the_same_folder_is_refused(serve: Callable[..., Served]) -> None:
    first = serve()
    # It has the folder long before it is ready.
    lock = first.data / "serve.lock"
    eventually(lambda: lock.is_file() and lock.read_bytes().strip() == str(first.process.pid).encode())
    process = subprocess.run(command(first.data), capture_output=True, text=True, check=False, env=surroundings())
    assert process.returncode == 3
    assert f"is in use by another `backmark serve`, process {first.process.pid};" in process.stderr
    # Its parts need not come up first.
    first.end(signal.SIGKILL)


def test_when_it_is_killed_its_parts_end_and_the_next_goes_on(serve: Callable[..., Served]) -> None:
    first = serve()
    submissions = [first.submit("right_einsum.py", f"student-{number}") for number in range(6)]
    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    second = serve(BACKMARK_LEASE_SECONDS="2")
    assert {second.outcome(submission_id) for submission_id in submissions} == {"passed"}


def test_parts_that_are_killed_are_started_again_and_lose_nothing(serve: Callable[..., Served]) -> None:
    server = serve(BACKMARK_LEASE_SECONDS="2")
    assert server.url
    submissions = [server.submit("right.ipynb", f"student-{number}") for number in range(6)]
    parts = server.parts()
    assert len(parts) == 4
    for pid in parts:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: len(set(server.parts()) - set(parts)) == 4)
    eventually(lambda: unready_parts(server.url) == {})
    assert {server.outcome(submission_id) for submission_id in submissions} == {"passed"}
    for name in ("Redis", "worker", "sweeper", "web server"):
        assert f"the {name} was ended by SIGKILL; it starts again in 0.5 s" in server.until(f"the {name} was.*")[0]


def test_without_a_jail_it_says_so_and_takes_in_what_is_handed_in(serve: Callable[..., Served]) -> None:
    server = serve(BACKMARK_BWRAP="/nonexistent")
    reason = server.until(r"not ready yet: (.*)\n.*run `backmark doctor` to see what to do")[1]
    assert "cannot isolate" in reason
    assert "No bubblewrap at /nonexistent" in reason
    assert "ready at" not in server.said


def test_a_setting_that_is_wrong_is_named_before_anything_starts(tmp_path: Path) -> None:
    process = subprocess.run(
        command(tmp_path / "data"), capture_output=True, text=True, check=False, env=surroundings(BACKMARK_TRIES="many")
    )
    assert process.returncode == 3
    assert "backmark: BACKMARK_TRIES: " in process.stderr
    assert process.stdout == ""


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--bind", "everywhere", "everywhere is not HOST:PORT"),
        ("--public-url", "backmark.example.edu", "backmark.example.edu is not the address of a website"),
        ("--public-url", "ftp://x.example", "ftp://x.example is not the address of a website"),
    ],
)
def test_an_address_that_is_none_is_wrong_usage(tmp_path: Path, option: str, value: str, says: str) -> None:
    words = [*command(tmp_path / "data"), option, value]
    process = subprocess.run(words, capture_output=True, text=True, check=False, env=surroundings())
    assert process.returncode == 2
    assert says in process.stderr
