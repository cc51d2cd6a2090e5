"""The stack that setup/compose-test.sh brought up, as tests ask it."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
URL, PROJECT = os.environ.get("COMPOSE_TEST_URL", ""), os.environ.get("COMPOSE_TEST_PROJECT", "")
REDIS_PORT = os.environ.get("COMPOSE_TEST_REDIS_PORT", "6379")
#: The course of the token, and so of what is handed in.
COURSE = "c"
ROLES = ("redis", "web", "worker", "sweeper")

needs_stack = pytest.mark.skipif(not URL, reason="`make compose-test` brings up what these look at")
needs_bridges = pytest.mark.skipif(
    os.environ.get("COMPOSE_TEST_NETWORK") == "host", reason="without bridges all share the host's network"
)


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    """A command of the engine's."""
    program = shutil.which("docker") or "docker"
    return subprocess.run([program, *words], capture_output=True, text=True, check=False, timeout=120)


def docker(*words: str) -> str:
    """What a command of the engine's prints; it must succeed."""
    process = run(*words)
    assert process.returncode == 0, process.stderr
    return process.stdout.strip()


def containers(role: str) -> list[str]:
    """The containers of a role, running or not."""
    labels = (f"com.docker.compose.project={PROJECT}", f"com.docker.compose.service={role}")
    return docker("ps", "-aq", *(word for label in labels for word in ("--filter", f"label={label}"))).split()


def run_inside(role: str, *command: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in a container of a role."""
    return run("exec", containers(role)[0], *command)


def inspect_container(role: str) -> dict[str, Any]:
    """What the engine knows of a container of a role."""
    description: dict[str, Any] = json.loads(docker("inspect", containers(role)[0]))[0]
    return description


def eventually(condition: Callable[[], object], seconds: float = 90.0) -> None:
    """Wait for it, or fail."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.2)


def client() -> httpx.Client:
    """A client with a token of its own, made as docs/operator/deployment.md says."""
    token = run_inside(
        "web", "backmark", "service", "token", "create", "compose", "--course", COURSE, "--scope", "staff"
    ).stdout.strip()
    return httpx.Client(base_url=f"{URL}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=30)


def submit(api: httpx.Client, source: str, filename: str, student: str) -> str:
    """Hand something in; its id."""
    fields = {"assignment": "udl-7.2", "student": student, "filename": filename, "source": source}
    answer = api.post("/submissions", json=fields)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def wait_for_end(api: httpx.Client, submission: str) -> dict[str, Any]:
    """The submission, once it is in a terminal state."""

    def read_record() -> dict[str, Any]:
        answer = api.get(f"/submissions/{submission}")
        # While Redis or the web server starts anew.
        record: dict[str, Any] = answer.json() if answer.status_code == 200 else {"state": "queued"}
        return record

    eventually(lambda: read_record()["state"] not in {"queued", "running"})
    return read_record()
