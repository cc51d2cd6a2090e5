"""`python -m bench.service`: what a whole service does on this machine, load and all parts on the same processors.

Accepting alone; grading a burst; latency at half of that; interactive latency beside a regrade; a regrade on one
process and on two. Times are the store's own: created, started, finished.
"""

import argparse
import json
import os
import platform
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from itertools import count
from pathlib import Path
from statistics import quantiles

from bench.processor import spent
from bench.stack import ASSIGNMENT, COURSE, Stack, stack, until
from bench.submissions import mix, numbered, right
from grader.model.records import Job, Kind, SubmissionRecord
from grader.model.result import read_verdict
from grader.store.submissions import NewSubmission

#: Connections that hand in at a time.
HANDS = 8


@dataclass(frozen=True, slots=True)
class Size:
    """Seconds of each measurement, submissions of a burst, and those that a regrade is about."""

    seconds: float
    burst: int
    regrade: int


FULL, QUICK = Size(30, 400, 5000), Size(6, 60, 300)


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles, in milliseconds."""

    p50: float
    p95: float
    p99: float
    n: int

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Spread":
        """Of seconds."""
        cut = quantiles(seconds, n=100, method="inclusive")
        p50, p95, p99 = (round(1e3 * cut[each - 1], 1) for each in (50, 95, 99))
        return cls(p50, p95, p99, len(seconds))

    def __str__(self) -> str:
        return f"p50 {self.p50:.0f} ms, p95 {self.p95:.0f} ms, p99 {self.p99:.0f} ms (of {self.n})"


@dataclass(slots=True)
class Figures:
    """What was found; rates are a second."""

    accepted: float = 0
    graded_right: float = 0
    #: Milliseconds of a processor for one of these: of the worker with its jails, and of all other parts.
    worker_ms: float = 0
    others_ms: float = 0
    graded_mixed: float = 0
    offered: float = 0
    to_start: Spread | None = None
    to_verdict: Spread | None = None
    alone: Spread | None = None
    beside_regrade: Spread | None = None
    regrade_one: float = 0
    regrade_two: float = 0


@dataclass(frozen=True, slots=True)
class Sources:
    """Sources of which no two are the same, each by a student of its own: half of a mix is wrong, in the usual ways."""

    right: Sequence[str]
    mix: Sequence[str]
    numbers: Iterator[int]
    students: Iterator[int]

    def one(self, *, mixed: bool) -> bytes:
        """The next."""
        return numbered(self.mix if mixed else self.right, next(self.numbers)).encode()


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(prog="bench.service", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under two minutes instead of some ten")
    parser.add_argument("--regrade", type=int, help="submissions that the regrade beside live ones is about")
    options = parser.parse_args()
    size = QUICK if options.quick else FULL
    found = measure(replace(size, regrade=options.regrade or size.regrade))
    print(_text(found))
    file = Path(__file__).parent / "results" / "service.json"
    file.parent.mkdir(exist_ok=True)
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    file.write_text(json.dumps({**machine, **asdict(found)}, indent=1))
    print(f"\nkept in {file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}")


def measure(size: Size) -> Figures:
    """On a service of its own."""
    sources = Sources(right(), mix(), count(), count())
    found = Figures()
    with stack() as up:
        _accepting(up, sources, size, found)
        up.store.redis.delete(*up.store.redis.keys("celery:*"), "bm:waiting:interactive")
        with up.workers(2):
            _grading(up, sources, size, found)
            _latency(up, sources, size, found)
            _beside(up, sources, size, found)
        _regrading(up, size, found)
    return found


def _submit(up: Stack, sources: Sources, *, mixed: bool = False) -> str:
    source = sources.one(mixed=mixed)
    return up.client.submit(source, assignment=ASSIGNMENT, student=f"s{next(sources.students)}").id


def _accepting(up: Stack, sources: Sources, size: Size, found: Figures) -> None:
    """With no worker, so that only the accepting is measured."""
    end = time.monotonic() + size.seconds

    def hand(_: int) -> int:
        done = 0
        while time.monotonic() < end:
            _submit(up, sources)
            done += 1
        return done

    started = time.monotonic()
    with ThreadPoolExecutor(HANDS) as hands:
        total = sum(hands.map(hand, range(HANDS)))
    found.accepted = total / (time.monotonic() - started)


def _grading(up: Stack, sources: Sources, size: Size, found: Figures) -> None:
    """A burst, from its first start to its last end."""
    before = spent()
    found.graded_right = _burst(up, sources, size.burst, mixed=False)
    after = spent()
    found.worker_ms, found.others_ms = (
        round(1e3 * (after[part] - before[part]) / size.burst, 1) for part in ("worker", "others")
    )
    found.graded_mixed = _burst(up, sources, size.burst, mixed=True)


def _burst(up: Stack, sources: Sources, burst: int, *, mixed: bool) -> float:
    with ThreadPoolExecutor(HANDS) as hands:
        names = list(hands.map(lambda _: _submit(up, sources, mixed=mixed), range(burst)))
    done = _concluded(up, names)
    first = min(each.started for each in done if each.started is not None)
    return burst / (max(each.finished for each in done if each.finished is not None) - first)


def _latency(up: Stack, sources: Sources, size: Size, found: Figures) -> None:
    """At half of what a mix is graded at."""
    found.offered = found.graded_mixed / 2
    done, posts = _offered(up, found.offered, size.seconds, lambda: _submit(up, sources, mixed=True))
    found.to_start = Spread.of([(each.started or 0) - each.created for each in done])
    found.to_verdict = Spread.of([_taken(each) + post for each, post in zip(done, posts, strict=True)])


def _beside(up: Stack, sources: Sources, size: Size, found: Figures) -> None:
    """Two a second, with and without a regrade that keeps the workers busy."""

    def one() -> str:
        return _submit(up, sources, mixed=True)

    done, posts = _offered(up, 2.0, size.seconds, one)
    found.alone = Spread.of([_taken(each) + post for each, post in zip(done, posts, strict=True)])
    _fill(up, sources, size.regrade)
    regrade = _regrade(up)
    done, posts = _offered(up, 2.0, size.seconds, one)
    found.beside_regrade = Spread.of([_taken(each) + post for each, post in zip(done, posts, strict=True)])
    up.client.regrades.cancel(regrade)


def _regrading(up: Stack, size: Size, found: Figures) -> None:
    """Units a second in the middle of a regrade, on one process and on two."""
    rates = []
    for processes in (1, 2):
        with up.workers(processes):
            regrade = _regrade(up)
            before = up.client.regrades.get(regrade).done
            started = time.monotonic()
            # What is measured is what happens meanwhile.
            time.sleep(size.seconds)
            done = up.client.regrades.get(regrade).done - before
            rates.append(done / (time.monotonic() - started))
            up.client.regrades.cancel(regrade)
    found.regrade_one, found.regrade_two = rates


def _regrade(up: Stack) -> str:
    """A regrade that is on its way, of everything, by fresh gradings."""
    name = up.client.regrades.start(assignment=ASSIGNMENT, fresh=True).id
    until(lambda: (found := up.client.regrades.get(name)).phase == "previewing" and found.done > 0)
    return name


def _fill(up: Stack, sources: Sources, submissions: int) -> None:
    """Submissions with a verdict already: of the worker only the regrade is measured."""
    revision = up.store.assignments.current(COURSE, ASSIGNMENT)
    assert revision is not None  # noqa: S101 - it ships
    verdict = up.client.verdict(_concluded(up, [_submit(up, sources)])[0].id)
    assert verdict is not None  # noqa: S101 - it was concluded
    for _ in range(submissions):
        student = f"s{next(sources.students)}"
        new = NewSubmission(COURSE, ASSIGNMENT, revision.id, student, "submission.py", sources.one(mixed=False))
        name = up.store.submissions.accept(new).id
        claim = up.store.jobs.claim(Job(Kind.SUBMISSION, name))
        if claim is not None:
            up.store.submissions.finish(claim, read_verdict(verdict))


def _offered(
    up: Stack, rate: float, seconds: float, submit: Callable[[], str]
) -> tuple[list[SubmissionRecord], list[float]]:
    """Handed in at even intervals, however long the answers take; what became of them, and seconds of each request."""
    names: list[tuple[str, float]] = []
    lock = threading.Lock()

    def hand() -> None:
        started = time.monotonic()
        name = submit()
        with lock:
            names.append((name, time.monotonic() - started))

    total = max(20, round(rate * seconds))
    began = time.monotonic()
    with ThreadPoolExecutor(4 * HANDS) as hands:
        for number in range(total):
            # At its time, however long those before it took.
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
            hands.submit(hand)
    return _concluded(up, [name for name, _ in names]), [post for _, post in names]


def _concluded(up: Stack, names: Sequence[str]) -> list[SubmissionRecord]:
    for name in names:
        up.client.wait(name, timeout=600)
    return [found for name in names if (found := up.store.submissions.get(name)) is not None]


def _taken(submission: SubmissionRecord) -> float:
    return (submission.finished or 0) - submission.created


def _text(found: Figures) -> str:
    return "\n".join(
        (
            f"accepted, without a worker           {found.accepted:.0f} a second ({HANDS} connections, 2 processes)",
            f"graded on two processes, right ones  {found.graded_right:.1f} a second",
            f"  processor time of each              {found.worker_ms:.0f} ms grading, {found.others_ms:.0f} the rest",
            f"graded, every second one wrong       {found.graded_mixed:.1f} a second",
            f"at {found.offered:.1f} a second: accept to start   {found.to_start}",
            f"                request to verdict  {found.to_verdict}",
            f"two a second: request to verdict     {found.alone}",
            f"  the same while a regrade runs      {found.beside_regrade}",
            f"regrade on one process               {found.regrade_one:.1f} a second",
            f"regrade on two                       {found.regrade_two:.1f} a second",
            f"  times one                          {found.regrade_two / found.regrade_one:.2f}",
        )
    )


if __name__ == "__main__":
    main()
