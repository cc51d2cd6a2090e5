"""A Redis without memory, or paused: who works waits and says so, and everything goes on by itself."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from backmark.grader.model.records import Scope, State
from backmark.worker.serve.embedded import free_port
from backmark.worker.serve.readiness import unready_parts
from tests.service.parts import COURSE, EXAMPLES, Part, Service, until

RIGHT = next(path for path in EXAMPLES if path.name == "right_loops.py").read_bytes()


@contextmanager
def fill_redis(service: Service) -> Iterator[None]:
    """Redis has no space left in its memory."""
    service.store.redis.config_set("maxmemory", "1")
    try:
        yield
    finally:
        service.store.redis.config_set("maxmemory", "0")


@contextmanager
def suspend(pid: int) -> Iterator[None]:
    """The process is stopped."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def has_logged(part: Part, words: str) -> bool:
    return words in part.log.read_text(encoding="utf-8")


def test_a_worker_and_a_sweeper_outlive_a_redis_without_memory_and_lose_nothing(service: Service) -> None:
    sweeper, worker = service.start("sweeper"), service.worker(1)
    with suspend(worker.pid):
        names = [service.submit(RIGHT + b"\n" * number, "a.py", f"student-{number}") for number in range(3)]
        service.store.redis.config_set("maxmemory", "1")
    try:
        until(
            lambda: has_logged(worker, "this worker takes nothing until there is room: no space left in"), "it says so"
        )
        until(lambda: has_logged(sweeper, "no space left in its memory"), "the sweeper says so")
    finally:
        service.store.redis.config_set("maxmemory", "0")
    assert {record.state for record in service.wait_for_ends(*names)} == {State.DONE}
    assert has_logged(worker, "there is room again")
    assert (worker.process.poll(), sweeper.process.poll()) == (None, None)
    assert worker.log.read_text(encoding="utf-8").count("takes nothing until") == 1


def test_the_web_server_is_unready_while_redis_has_no_memory_and_says_why(service: Service) -> None:
    address = f"127.0.0.1:{free_port()}"
    service.start("web", "--bind", address)
    service.start("sweeper")
    service.worker(1)
    url = f"http://{address}"
    until(lambda: unready_parts(url) == {}, "the service is ready")
    _, token = service.store.tokens.create("portal", COURSE, {Scope.SUBMIT})
    fields = {"assignment": "udl-7.2", "student": "ada", "filename": "a.py", "source": RIGHT.decode()}
    with fill_redis(service):
        reasons = unready_parts(url)
        assert reasons is not None
        assert "no space left in Redis's memory" in reasons["redis"]
        answer = httpx.post(f"{url}/api/v1/submissions", json=fields, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in {503, 507}
    until(lambda: unready_parts(url) == {}, "it is ready again")
    answer = httpx.post(f"{url}/api/v1/submissions", json=fields, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 202
    service.wait_for_ends(answer.json()["id"])
