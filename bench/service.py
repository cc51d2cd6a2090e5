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
from dataclasses import asdict, dataclass, field, replace
from itertools import count
from pathlib import Path

from backmark.grader.model.records import SubmissionRecord
from backmark.grader.model.result import read_verdict
from backmark.grader.store.submissions import NewSubmission
from bench.percentiles import Spread
from bench.processor import read_processor_seconds
from bench.recording import current_revision, record_verdict
from bench.stack import ASSIGNMENT, COURSE, Stack, run_stack
from bench.submissions import mixed_sources, pick_variant, right_sources
from bench.waiting import wait_until

#: Connections that hand in at a time.
HANDS = 8


@dataclass(frozen=True, slots=True)
class ServiceSize:
    """Seconds of each measurement, submissions of a burst, and submissions of the regrade."""

    seconds: float
    burst: int
    regrade: int
    #: True if every second submission of the regrade is wrong.
    half_wrong: bool = False


FULL, QUICK = ServiceSize(30, 400, 5000), ServiceSize(6, 60, 300)


@dataclass(slots=True)
class ServiceFigures:
    """The figures of a service; rates are a second."""

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
class Offer:
    """Submissions that were handed in at a steady rate, and the seconds that each request took."""

    submissions: Sequence[SubmissionRecord]
    request_seconds: Sequence[float]

    def time_to_start(self) -> Spread:
        """Return the times from accepted to the start of grading."""
        return Spread.of([(submission.started or 0) - submission.created for submission in self.submissions])

    def time_to_verdict(self) -> Spread:
        """Return the times from the request to the verdict."""
        pairs = zip(self.submissions, self.request_seconds, strict=True)
        return Spread.of([(submission.finished or 0) - submission.created + seconds for submission, seconds in pairs])


@dataclass(frozen=True, slots=True)
class Course:
    """Students of a service who hand in files of which no two are the same."""

    stack: Stack
    right: Sequence[str] = field(default_factory=right_sources)
    mix: Sequence[str] = field(default_factory=mixed_sources)
    _numbers: Iterator[int] = field(default_factory=count)

    def submit(self, *, mixed: bool = False) -> str:
        """Hand in a right file, or the next of a mix in which half are wrong; return the submission's id."""
        number = next(self._numbers)
        source = pick_variant(self.mix if mixed else self.right, number).encode()
        return self.stack.client.submit(source, assignment=ASSIGNMENT, student=f"s{number}").id

    def submit_burst(self, burst: int, *, mixed: bool) -> list[SubmissionRecord]:
        """Hand in so many at once; return them with their verdicts."""
        with ThreadPoolExecutor(HANDS) as hands:
            names = list(hands.map(lambda _: self.submit(mixed=mixed), range(burst)))
        return self.wait_for_verdicts(names)

    def offer(self, rate: float, seconds: float) -> Offer:
        """Hand in a mix at even intervals, however long the answers take."""
        answers: list[tuple[str, float]] = []
        lock = threading.Lock()

        def submit() -> None:
            start = time.monotonic()
            name = self.submit(mixed=True)
            with lock:
                answers.append((name, time.monotonic() - start))

        _call_at_rate(submit, rate, max(20, round(rate * seconds)))
        return Offer(self.wait_for_verdicts([name for name, _ in answers]), [seconds for _, seconds in answers])

    def record_verdicts(self, submissions: int, *, mixed: bool) -> None:
        """Record so many submissions with a verdict already: of the worker only the regrade is measured."""
        store = self.stack.store
        revision = current_revision(store, COURSE, ASSIGNMENT)
        verdict = self.stack.client.verdict(self.wait_for_verdicts([self.submit()])[0].id)
        assert verdict is not None  # noqa: S101 - it was concluded
        passed = read_verdict(verdict)
        for number in (next(self._numbers) for _ in range(submissions)):
            source = pick_variant(self.mix if mixed else self.right, number).encode()
            new = NewSubmission(COURSE, ASSIGNMENT, revision, f"s{number}", "submission.py", source)
            record_verdict(store, new, passed)

    def start_regrade(self) -> str:
        """Start a regrade of everything, by fresh gradings; return its id once the first is graded."""
        regrades = self.stack.client.regrades
        name = regrades.start(assignment=ASSIGNMENT, fresh=True).id

        def is_under_way() -> bool:
            regrade = regrades.get(name)
            return regrade.phase == "previewing" and regrade.done > 0

        wait_until(is_under_way, "the regrade has graded its first submission")
        return name

    def wait_for_verdicts(self, names: Sequence[str]) -> list[SubmissionRecord]:
        """Return the submissions once all are at their end."""
        for name in names:
            self.stack.client.wait(name, timeout=600)
        records = (self.stack.store.submissions.get(name) for name in names)
        return [record for record in records if record is not None]


def _call_at_rate(call: Callable[[], None], rate: float, times: int) -> None:
    start = time.monotonic()
    with ThreadPoolExecutor(4 * HANDS) as hands:
        for number in range(times):
            # At its time, however long those before it took.
            time.sleep(max(0.0, start + number / rate - time.monotonic()))
            hands.submit(call)


def main() -> None:
    """Measure, print, keep the figures."""
    parser = argparse.ArgumentParser(prog="bench.service", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under two minutes instead of some ten")
    parser.add_argument("--regrade", type=int, help="submissions of the regrade beside live ones")
    parser.add_argument("--half-wrong", action="store_true", help="every second submission of the regrade is wrong")
    options = parser.parse_args()
    size = QUICK if options.quick else FULL
    figures = measure(replace(size, regrade=options.regrade or size.regrade, half_wrong=options.half_wrong))
    print(_render(figures))
    file = Path(__file__).parent / "results" / "service.json"
    file.parent.mkdir(exist_ok=True)
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    file.write_text(json.dumps({**machine, **asdict(figures)}, indent=1))
    print(f"\nkept in {file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}")


def measure(size: ServiceSize) -> ServiceFigures:
    """Return the figures of a service that is started for this."""
    figures = ServiceFigures()
    with run_stack() as stack:
        course = Course(stack)
        _measure_accepting(course, size, figures)
        redis = stack.store.redis
        redis.delete(*redis.keys("celery:*"), "bm:waiting:interactive")
        with stack.workers(2) as worker:
            _measure_grading(course, worker.pid, size, figures)
            _measure_latency(course, size, figures)
            _measure_beside_regrade(course, size, figures)
        _measure_regrades(course, size, figures)
    return figures


def _measure_accepting(course: Course, size: ServiceSize, figures: ServiceFigures) -> None:
    """Hand in without a worker, so that only the accepting is measured."""
    end = time.monotonic() + size.seconds

    def submit_until_end(_: int) -> int:
        submissions = 0
        while time.monotonic() < end:
            course.submit()
            submissions += 1
        return submissions

    start = time.monotonic()
    with ThreadPoolExecutor(HANDS) as hands:
        total = sum(hands.map(submit_until_end, range(HANDS)))
    figures.accepted = total / (time.monotonic() - start)


def _measure_grading(course: Course, worker: int, size: ServiceSize, figures: ServiceFigures) -> None:
    before = read_processor_seconds(worker)
    figures.graded_right = _grading_rate(course.submit_burst(size.burst, mixed=False))
    after = read_processor_seconds(worker)
    figures.worker_ms, figures.others_ms = (
        round(1e3 * (after[role] - before[role]) / size.burst, 1) for role in ("worker", "others")
    )
    figures.graded_mixed = _grading_rate(course.submit_burst(size.burst, mixed=True))


def _grading_rate(submissions: Sequence[SubmissionRecord]) -> float:
    """Return the rate from the first start to the last end."""
    start = min(submission.started for submission in submissions if submission.started is not None)
    end = max(submission.finished for submission in submissions if submission.finished is not None)
    return len(submissions) / (end - start)


def _measure_latency(course: Course, size: ServiceSize, figures: ServiceFigures) -> None:
    """Hand in a mix at half of the rate at which it is graded."""
    figures.offered = figures.graded_mixed / 2
    offer = course.offer(figures.offered, size.seconds)
    figures.to_start, figures.to_verdict = offer.time_to_start(), offer.time_to_verdict()


def _measure_beside_regrade(course: Course, size: ServiceSize, figures: ServiceFigures) -> None:
    """Hand in two a second, without and with a regrade that keeps the workers busy."""
    figures.alone = course.offer(2.0, size.seconds).time_to_verdict()
    course.record_verdicts(size.regrade, mixed=size.half_wrong)
    regrade = course.start_regrade()
    figures.beside_regrade = course.offer(2.0, size.seconds).time_to_verdict()
    course.stack.client.regrades.cancel(regrade)


def _measure_regrades(course: Course, size: ServiceSize, figures: ServiceFigures) -> None:
    """Count units a second in the middle of a regrade, on one process and on two."""
    rates, regrades = [], course.stack.client.regrades
    for processes in (1, 2):
        with course.stack.workers(processes):
            name = course.start_regrade()
            before = regrades.get(name).done
            start = time.monotonic()
            # What happens meanwhile is what is measured.
            time.sleep(size.seconds)
            units = regrades.get(name).done - before
            rates.append(units / (time.monotonic() - start))
            regrades.cancel(name)
    figures.regrade_one, figures.regrade_two = rates


def _render(figures: ServiceFigures) -> str:
    grading, rest = f"{figures.worker_ms:.0f} ms grading", f"{figures.others_ms:.0f} the rest"
    return "\n".join(
        (
            f"accepted, without a worker           {figures.accepted:.0f} a second ({HANDS} connections, 2 processes)",
            f"graded on two processes, right ones  {figures.graded_right:.1f} a second",
            f"  processor time of each              {grading}, {rest}",
            f"graded, every second one wrong       {figures.graded_mixed:.1f} a second",
            f"at {figures.offered:.1f} a second: accept to start   {figures.to_start}",
            f"                request to verdict  {figures.to_verdict}",
            f"two a second: request to verdict     {figures.alone}",
            f"  the same while a regrade runs      {figures.beside_regrade}",
            f"regrade on one process               {figures.regrade_one:.1f} a second",
            f"regrade on two                       {figures.regrade_two:.1f} a second",
            f"  times one                          {figures.regrade_two / figures.regrade_one:.2f}",
        )
    )


if __name__ == "__main__":
    main()
