"""docker-compose.yml, brought up for real: what it grades, also when containers are killed meanwhile."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.compose.engine import (
    EXAMPLES,
    URL,
    client,
    containers,
    docker,
    eventually,
    needs_stack,
    run,
    submit,
    wait_for_end,
)

pytestmark = needs_stack

KILL_ALL = ("python", "-c", "import os; os.kill(-1, 9)")


@pytest.fixture(scope="module")
def api() -> Iterator[httpx.Client]:
    """A client of the stack's."""
    with client() as api_client:
        yield api_client


def test_it_is_ready_with_all_its_parts() -> None:
    answer = httpx.get(f"{URL}/readyz")
    assert answer.status_code == 200, answer.text
    assert len(containers("worker")) == 2


@pytest.mark.parametrize("example", ["right.ipynb", "no_relu_derivative.ipynb", "endless_loop.py", "unfilled.ipynb"])
def test_a_submission_gets_the_verdict_that_the_command_line_gives(api: httpx.Client, example: str) -> None:
    """Of the fresh cases of its group nothing is in the verdict."""
    record = wait_for_end(api, submit(api, (EXAMPLES / example).read_text(encoding="utf-8"), example, example))
    assert record["state"] == "done", record
    verdict = record["verdict"]
    expected = grade(example, "udl-7.2")
    # The service has a secret, by which it chooses cases that it asks about beside the others.
    assert verdict["assignment"]["networks_sha256"] != expected["assignment"]["networks_sha256"]
    for key in expected.keys() - {"submission", "assignment", "statistics", "engine"}:
        assert verdict[key] == expected[key], key


def grade(example: str, assignment: str) -> dict[str, Any]:
    """Return the verdict of the command line."""
    command = [sys.executable, "-m", "backmark.worker.cli.main", "grade", "--json", "--assignment", assignment]
    process = subprocess.run([*command, str(EXAMPLES / example)], capture_output=True, text=True, check=False)
    verdict: dict[str, Any] = json.loads(process.stdout)
    return verdict


def crash(role: str, *command: str) -> None:
    """Kill all that runs in the containers of a role, from within: what an engine's own kill ends stays ended."""
    before = {container_id: restarts(container_id) for container_id in containers(role)}
    for container in before:
        run("exec", container, *command)
    eventually(lambda: all(restarts(container_id) > count for container_id, count in before.items()))


def restarts(container: str) -> int:
    """How often the engine started it again."""
    return int(docker("inspect", "-f", "{{.RestartCount}}", container))


def load(api: httpx.Client, count: int, student: str) -> list[str]:
    """Distinct right submissions."""
    source = (EXAMPLES / "right_loops.py").read_text(encoding="utf-8")
    return [submit(api, f"{source}\n# {student} {n}\n", "right.py", f"{student}-{n}") for n in range(count)]


def test_workers_that_are_killed_under_load_come_back_and_lose_nothing(api: httpx.Client) -> None:
    submissions = load(api, 40, "worker")
    crash("worker", *KILL_ALL)
    assert {wait_for_end(api, submission_id)["verdict"]["outcome"] for submission_id in submissions} == {"passed"}


def test_redis_that_is_killed_under_load_comes_back_with_everything(api: httpx.Client) -> None:
    submissions = load(api, 40, "redis")
    crash("redis", "sh", "-c", "kill -9 -1")
    assert {wait_for_end(api, submission_id)["verdict"]["outcome"] for submission_id in submissions} == {"passed"}


def test_a_web_server_that_is_killed_comes_back(api: httpx.Client) -> None:
    submissions = load(api, 4, "web")
    crash("web", *KILL_ALL)

    def answers() -> bool:
        try:
            return api.get("/submissions").status_code == 200
        except httpx.TransportError:
            return False

    eventually(answers)
    assert {wait_for_end(api, submission_id)["verdict"]["outcome"] for submission_id in submissions} == {"passed"}
