"""Everything is killed under load, and nothing is lost: each accepted submission ends once, with its own verdict."""

import contextlib
import hashlib
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from grader.judge.judge import Judge
from grader.model.records import Scope, State
from tests.service.parts import ASSIGNMENT, COURSE, EXAMPLES, Part, Service, service, until
from tests.service.test_end_to_end import as_json, without_identity
from worker.grading.grader import Grader
from worker.grading.pool import Jails
from worker.serve.embedded import EmbeddedRedis, free_port, lasting_port

#: At each of seven faults some are being graded and some wait, and all examples are among them five times.
SUBMISSIONS = 90
#: How many may be handed in beyond those that are at their end.
AHEAD = 30
#: Seconds that Redis is away: several leases.
AWAY = 10.0
#: Takes seconds: a few of these are enough.
SLOW = "endless_loop.py"


@pytest.fixture
def redis(redis_program: str, tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A Redis that the test may kill."""
    assert redis_program
    server = EmbeddedRedis(tmp_path / "redis", lasting_port())
    server.start()
    yield server
    server.stop()


@dataclass(frozen=True, slots=True)
class GradedSubmission:
    """One student's file; every second is unlike all others, by a remark or a blank at its end."""

    number: int
    file: Path

    @property
    def source(self) -> bytes:
        """Its bytes."""
        if self.number % 2:
            return self.file.read_bytes()
        end = f"\n# {self.number}\n" if self.file.suffix == ".py" else "\n" * (1 + self.number)
        return self.file.read_bytes() + end.encode()


def load() -> list[GradedSubmission]:
    """A mix of all examples."""
    files = [file for file in EXAMPLES if file.name != SLOW]
    slow = next(file for file in EXAMPLES if file.name == SLOW)
    return [GradedSubmission(i, slow if i % 50 == 7 else files[i % len(files)]) for i in range(SUBMISSIONS)]


class Portal:
    """Hands in over HTTP, some threads at a time, and does not give up: one Idempotency-Key until it is accepted."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
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

    def hand_in(self, work: GradedSubmission) -> None:
        """Once it is its turn, until it is accepted."""
        with self._changed:
            self._changed.wait_for(lambda: self.over or self._allowed > work.number)
        with httpx.Client(base_url=self._url, headers=self._headers, timeout=15) as client:
            while not self.over and not self._accepted(client, work):
                threading.Event().wait(0.1)

    def _accepted(self, client: httpx.Client, work: GradedSubmission) -> bool:
        fields = {"assignment": ASSIGNMENT, "student": f"student-{work.number}"}
        files = {"file": (work.file.name, work.source)}
        try:
            answer = client.post(
                "/api/v1/submissions", data=fields, files=files, headers={"Idempotency-Key": f"work-{work.number}"}
            )
        except httpx.HTTPError:
            # Nobody knows whether it was accepted: that is what the key is for.
            return False
        self.answers.append(answer.status_code)
        if answer.status_code != 202:
            return False
        self.accepted[work.number] = answer.json()["id"]
        return True


class Course:
    """The service, the portal's progress, and what is done to both."""

    def __init__(self, service: Service, redis: EmbeddedRedis) -> None:
        self._service = service
        self._redis = redis
        self._address = f"127.0.0.1:{free_port()}"
        _, token = service.store.tokens.create("portal", COURSE, {Scope.SUBMIT})
        self.portal = Portal(f"http://{self._address}", token)
        self._ended: set[str] = set()
        self._sweeper = service.start("sweeper")
        self._web = self._served()
        self._worker = service.worker(2)

    def progressed(self, count: int) -> None:
        """Wait until so many are at their end, handing in a little ahead: what is killed should have work to lose."""

        def enough() -> bool:
            waiting = set(self.portal.accepted.values()) - self._ended
            self._ended |= {
                each.id for each in self._service.store.submissions.many(list(waiting)) if each.state.terminal
            }
            self.portal.allow(len(self._ended) + AHEAD)
            return len(self._ended) >= count

        until(enough, f"{count} are at their end", 120)

    def kill_child(self) -> None:
        """One of the processes that grade."""
        os.kill(self._worker.children()[0], signal.SIGKILL)

    def kill_worker(self) -> None:
        """And start another, as a supervisor would."""
        self._worker.kill()
        self._worker = self._service.worker(2)

    def kill_web(self) -> None:
        """Every process of it."""
        for pid in (*self._web.descendants(), self._web.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._web.process.wait()
        self._web = self._served()

    def kill_sweeper(self) -> None:
        """Kill and restart the sweeper, which recovers the work of others."""
        self._sweeper.kill()
        self._sweeper = self._service.start("sweeper")

    def kill_redis(self) -> None:
        """And start it on its file, after a while in which somebody was refused."""
        self._redis.kill()
        self.portal.allow(len(self._ended) + 2 * AHEAD)
        threading.Event().wait(AWAY)
        until(lambda: 503 in self.portal.answers, "somebody is told to come again")
        self._redis.start()

    def _served(self) -> Part:
        return self._service.start("web", "--bind", self._address)


def expected_verdicts(judge: Judge, jails: Jails) -> dict[str, dict[str, Any]]:
    """Each example's verdict when nothing is killed."""
    grader = Grader(judge, jails)
    return {file.name: without_identity(as_json(grader.grade(file.read_bytes(), file.name))) for file in EXAMPLES}


def test_nothing_is_lost_whatever_is_killed(redis: EmbeddedRedis, tmp_path: Path, udl: Judge, jails: Jails) -> None:
    """Every 202 ends once, as done, with one verdict: that of a day without faults. No attempt is charged."""
    right = expected_verdicts(udl, jails)
    works = load()
    with service(redis.url, tmp_path) as opened, ThreadPoolExecutor(4) as hands:
        course = Course(opened, redis)
        try:
            handing = [hands.submit(course.portal.hand_in, work) for work in works]
            faults = (course.kill_child, course.kill_worker, course.kill_web, course.kill_redis, course.kill_sweeper)
            for number, fault in enumerate((*faults, course.kill_child, course.kill_worker), start=1):
                course.progressed(number * SUBMISSIONS // 9)
                fault()
            course.progressed(SUBMISSIONS)
        finally:
            course.portal.end()
        for each in handing:
            each.result()
        assert set(course.portal.answers) == {202, 503}
        for work in works:
            name = course.portal.accepted[work.number]
            submission, verdict = opened.submission(name), opened.store.submissions.verdict(name)
            assert submission.state is State.DONE, submission
            assert (submission.attempt, submission.verdict) == (1, 1)
            assert verdict is not None
            mine = {"id": "", "filename": work.file.name, "source_sha256": hashlib.sha256(work.source).hexdigest()}
            assert without_identity(as_json(verdict)) == {**right[work.file.name], "submission": mine}
        assert len(opened.store.redis.keys("bm:submission:*")) == SUBMISSIONS
        assert len(opened.store.redis.keys("bm:verdict:*")) == SUBMISSIONS
        assert sum(opened.store.counters.read().outcomes.values()) == SUBMISSIONS
