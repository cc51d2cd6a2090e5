"""A service whose parts are killed, stopped and starved under load, and a portal that hands in meanwhile."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

import httpx

from backmark.grader.model.records import Scope
from backmark.worker.serve.embedded import EmbeddedRedis, free_port
from tests.service.parts import ASSIGNMENT, COURSE, Part, Service, until

#: Seconds between two tries to hand in a file.
AGAIN = 0.1


@dataclass(frozen=True, slots=True)
class StudentFile:
    """A file that a student of this number hands in."""

    number: int
    filename: str
    source: bytes


class Portal:
    """Hands in over HTTP, some threads at a time, and does not give up: one Idempotency-Key until it is accepted."""

    def __init__(self, url: str, token: str) -> None:
        # One for all threads: each would read the machine's certificates anew.
        self._client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=15)
        self._changed = threading.Condition()
        self._allowed = 0
        self.over = False
        self.accepted: dict[int, str] = {}
        self.answers: list[int] = []

    def allow(self, count: int) -> None:
        """Let the first so many be handed in."""
        with self._changed:
            self._allowed = max(self._allowed, count)
            self._changed.notify_all()

    def end(self) -> None:
        """Hand in nothing more."""
        with self._changed:
            self.over = True
            self._changed.notify_all()

    def close(self) -> None:
        """Close the connections, once no thread hands in."""
        self._client.close()

    def hand_in(self, file: StudentFile) -> None:
        """Hand in a file once it is its turn, until it is accepted."""
        with self._changed:
            self._changed.wait_for(lambda: self.over or self._allowed > file.number)
        while not self.over and not self._accepts(file):
            with self._changed:
                self._changed.wait_for(lambda: self.over, AGAIN)

    def _accepts(self, file: StudentFile) -> bool:
        fields = {"assignment": ASSIGNMENT, "student": f"student-{file.number}"}
        files = {"file": (file.filename, file.source)}
        try:
            answer = self._client.post(
                "/api/v1/submissions", data=fields, files=files, headers={"Idempotency-Key": f"work-{file.number}"}
            )
        except httpx.HTTPError:
            # Nobody knows whether it was accepted: that is what the key is for.
            return False
        self.answers.append(answer.status_code)
        if answer.status_code != 202:
            return False
        self.accepted[file.number] = answer.json()["id"]
        return True


class FaultyService:
    """A service with all of its parts, the progress of its portal, and the faults that can be made."""

    def __init__(self, service: Service, redis: EmbeddedRedis, seed: int = 0, workers: Sequence[int] = (2,)) -> None:
        """Start the parts: `workers` has the number of processes of each worker; `seed` chooses among them."""
        self._service = service
        self._redis = redis
        self._chance = Random(seed)  # noqa: S311 - no secret depends on it
        self._address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self._address}"
        _, token = service.store.tokens.create("portal", COURSE, {Scope.SUBMIT})
        self.portal = Portal(self.url, token)
        self.concluded: frozenset[str] = frozenset()
        self._sweeper = service.start("sweeper")
        self._web = self._start_web()
        self._workers = [(service.worker(processes), processes) for processes in workers]

    def count_concluded(self) -> int:
        """Return the number of accepted submissions that are at their end."""
        names = set(self.portal.accepted.values()) - self.concluded
        records = self._service.store.submissions.many(list(names))
        self.concluded |= {record.id for record in records if record.state.terminal}
        return len(self.concluded)

    def describe(self) -> str:
        """How things stand: what the portal was answered, and the service's own description."""
        answers = {answer: self.portal.answers.count(answer) for answer in sorted(set(self.portal.answers))}
        return f"{len(self.portal.accepted)} accepted, answers {answers}\n{self._service.describe()}"

    def kill_child(self) -> None:
        """Kill one of the processes that grade."""
        worker, _ = self._chance.choice(self._workers)
        until(worker.children, "the worker has a process that grades")
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._chance.choice(worker.children()), signal.SIGKILL)

    def kill_worker(self) -> None:
        """Kill a worker and start another, as a supervisor would."""
        place = self._chance.randrange(len(self._workers))
        worker, processes = self._workers[place]
        worker.kill()
        self._workers[place] = self._service.worker(processes), processes

    def kill_web(self) -> None:
        """Kill every process of the web server and start another."""
        for pid in (*self._web.descendants(), self._web.pid):
            _signal(pid, signal.SIGKILL)
        self._web.process.wait()
        self._web = self._start_web()

    def kill_sweeper(self) -> None:
        """Kill and restart the sweeper, which recovers the work of others."""
        self._sweeper.kill()
        self._sweeper = self._service.start("sweeper")

    @contextmanager
    def redis_away(self) -> Iterator[None]:
        """Kill Redis, and start it on its file afterwards."""
        self._redis.kill()
        try:
            yield
        finally:
            self._redis.start()

    @contextmanager
    def worker_stopped(self) -> Iterator[None]:
        """Stop all processes of a worker, and at times its jails, and let them go on afterwards."""
        worker, _ = self._chance.choice(self._workers)
        processes = self._chance.choice([{*worker.children()}, worker.descendants()]) | {worker.pid}
        for pid in processes:
            _signal(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in processes:
                _signal(pid, signal.SIGCONT)

    @contextmanager
    def memory_full(self) -> Iterator[None]:
        """Allow Redis half of the memory that it uses, and afterwards as much as it wants."""
        redis = self._service.store.redis
        redis.config_set("maxmemory", str(redis.info("memory")["used_memory"] // 2))
        try:
            yield
        finally:
            redis.config_set("maxmemory", "0")

    def _start_web(self) -> Part:
        return self._service.start("web", "--bind", self._address)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
