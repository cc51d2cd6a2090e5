"""Everything is killed under load, and nothing is lost: each accepted submission ends once, with its own verdict."""

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.model.records import State
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from backmark.worker.serve.embedded import EmbeddedRedis, lasting_port
from tests.service.chaos import FaultyService, StudentFile
from tests.service.parts import EXAMPLES, as_json, service, until, without_identity

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


def student_files() -> list[StudentFile]:
    """A mix of all examples; every second is unlike all others, by a remark or a blank at its end."""
    files = [file for file in EXAMPLES if file.name != SLOW]
    slow = next(file for file in EXAMPLES if file.name == SLOW)
    chosen_files = [slow if number % 50 == 7 else files[number % len(files)] for number in range(SUBMISSIONS)]
    return [StudentFile(number, file.name, variant(file, number)) for number, file in enumerate(chosen_files)]


def variant(file: Path, number: int) -> bytes:
    """An example's bytes, with an end of its own where the number is even."""
    if number % 2:
        return file.read_bytes()
    end = f"\n# {number}\n" if file.suffix == ".py" else "\n" * (1 + number)
    return file.read_bytes() + end.encode()


def progress(course: FaultyService, count: int) -> None:
    """Wait until so many are at their end, handing in a little ahead: what is killed should have work to lose."""

    def enough() -> bool:
        concluded_count = course.count_concluded()
        course.portal.allow(concluded_count + AHEAD)
        return concluded_count >= count

    until(enough, f"{count} are at their end", 120, course.describe)


def kill_redis(course: FaultyService) -> None:
    """Kill Redis, and start it after a while in which somebody was refused."""
    with course.redis_away():
        course.portal.allow(len(course.concluded) + 2 * AHEAD)
        threading.Event().wait(AWAY)
        until(lambda: 503 in course.portal.answers, "somebody is told to come again")


def expected_verdicts(judge: Judge, jails: Jails) -> dict[str, dict[str, Any]]:
    """Each example's verdict when nothing is killed."""
    grader = Grader(judge, jails)
    return {file.name: without_identity(as_json(grader.grade(file.read_bytes(), file.name))) for file in EXAMPLES}


def test_nothing_is_lost_whatever_is_killed(redis: EmbeddedRedis, tmp_path: Path, udl: Judge, jails: Jails) -> None:
    """Every 202 ends once, as done, with one verdict: that of a day without faults. No attempt is charged."""
    right = expected_verdicts(udl, jails)
    files = student_files()
    with service(redis.url, tmp_path) as chaos_service, ThreadPoolExecutor(4) as hands:
        course = FaultyService(chaos_service, redis)
        try:
            futures = [hands.submit(course.portal.hand_in, file) for file in files]
            kills = (
                *(course.kill_child, course.kill_worker, course.kill_web, lambda: kill_redis(course)),
                *(course.kill_sweeper, course.kill_child, course.kill_worker),
            )
            for number, kill in enumerate(kills, start=1):
                progress(course, number * SUBMISSIONS // 9)
                kill()
            progress(course, SUBMISSIONS)
        finally:
            course.portal.end()
        for result in futures:
            result.result()
        course.portal.close()
        assert set(course.portal.answers) == {202, 503}
        for file in files:
            name = course.portal.accepted[file.number]
            submission, verdict = chaos_service.submission(name), chaos_service.store.submissions.verdict(name)
            assert submission.state is State.DONE, submission
            # A refused file is no attempt.
            attempt = None if submission.outcome == "rejected" else 1
            assert (submission.attempt, submission.verdict) == (attempt, 1)
            assert verdict is not None
            own_submission = {
                "id": "",
                "filename": file.filename,
                "source_sha256": hashlib.sha256(file.source).hexdigest(),
            }
            assert without_identity(as_json(verdict)) == {**right[file.filename], "submission": own_submission}
        assert len(chaos_service.store.redis.keys("bm:submission:*")) == SUBMISSIONS
        assert len(chaos_service.store.redis.keys("bm:verdict:*")) == SUBMISSIONS
        assert sum(chaos_service.store.counters.read().outcomes.values()) == SUBMISSIONS
