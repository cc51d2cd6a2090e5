"""`python -m bench.chaos`: submissions and regrades while everything is killed, stopped and starved.

A whole service with two workers of one process each, on a Redis of its own. While right and wrong files are handed in
over HTTP, no two the same, and all that is graded is graded again, applied and at times rolled back, parts are killed,
a worker is stopped beyond its lease, and Redis's memory is full: in an order that the seed draws. Afterwards each
submission must have the verdict of a quiet day, and every count must add up. Exits with 1 on a violation.
"""

import argparse
import itertools
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import ContractRevision, dump, load, load_packaged
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.model.publications import RevisionRecord
from backmark.grader.model.records import Queue, Scope
from backmark.grader.store.store import Store
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from backmark.worker.sandbox.policy import plan_jailed
from backmark.worker.serve.embedded import lasting_port
from bench.chaos_audit import ChaosAudit, ExpectedVerdicts
from bench.regrading import Regrading
from bench.stack import UNLIMITED, run_redis
from bench.submissions import mixed_sources, pick_variant
from bench.table import render_counts
from bench.waiting import wait_until
from tests.service.chaos import FaultyService, StudentFile
from tests.service.parts import ASSIGNMENT, COURSE, as_json, service, without_identity

#: Threads that hand in.
HANDS = 4
#: The number of faults over which the submissions are spread.
SHARES = 12
#: Seconds from handing in to the next fault, so that some are graded then and some wait; and after a fault.
BEFORE, AFTER = (0.05, 0.6), (0.2, 1.5)
#: Seconds without Redis, of a stopped worker and of full memory. A lease is 2 s.
REDIS_AWAY, WORKER_STOPPED, MEMORY_FULL = (0.5, 6.0), (3.0, 5.0), (1.0, 4.0)
#: Violations that are printed in words.
PRINTED_VIOLATIONS = 40
#: Seconds within which everything is at its end after the last fault.
QUIET = 120.0


@dataclass(slots=True)
class ChaosResult:
    """The figures of one run."""

    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    submissions: int = 0
    regrades: int = 0
    units: int = 0
    applied: int = 0
    rolled_back: int = 0
    #: Requests by the status of their answer.
    answers: Counter[int] = field(default_factory=Counter)
    lost_leases: int = 0
    seconds: float = 0.0
    violations: list[str] = field(default_factory=list)


def main() -> None:
    """Measure and print; exit with 1 on a violation."""
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0, help="of the faults and their order (0)")
    parser.add_argument("--submissions", type=int, default=300, help="files handed in (300)")
    parser.add_argument("--units", type=int, default=600, help="sources graded again, at least (600)")
    parser.add_argument("--minutes", type=float, default=6, help="after which it is given up (6)")
    options = parser.parse_args()
    result = measure(options.seed, options.submissions, options.units, options.minutes)
    print(render(result), flush=True)
    sys.exit(1 if result.violations else 0)


def measure(seed: int, submissions: int, units: int, minutes: float) -> ChaosResult:
    """Return the figures of a run of so many submissions and units."""
    result, files = ChaosResult(seed), make_files(submissions)
    shipped = load_packaged(ASSIGNMENT)
    changed = replace(shipped, assignment=double_marks(shipped.assignment), stored=None)
    expected = grade_quietly((shipped, changed), files)
    with ExitStack() as resources:
        folder = Path(resources.enter_context(tempfile.TemporaryDirectory()))
        redis = resources.enter_context(run_redis(folder / "redis", lasting_port()))
        store = (parts := resources.enter_context(service(redis.url, folder, **UNLIMITED))).store
        publish(store, changed)
        _, token = store.tokens.create("staff", COURSE, {Scope.STAFF})
        course = FaultyService(parts, redis, seed, workers=(1, 1))
        regrading = Regrading(course, token, (shipped.id, changed.id), units, seed)
        ChaosRun(course, regrading, files, result).run(seed, minutes)
        settle(store, result)
        accepted = {name: files[number] for number, name in course.portal.accepted.items()}
        result.violations += ChaosAudit(store, expected, changed.id).violations(accepted, regrading.regrades)
        result.submissions = len(accepted)
        count_regrades(regrading, store, result)
        result.answers = Counter(course.portal.answers) + regrading.answers
    return result


def double_marks(assignment: ContractAssignment) -> ContractAssignment:
    """Return the assignment with twice the marks of the one that ships, so that every regrade changes verdicts."""
    rubric = {name: 2 * marks for name, marks in assignment.rubric.items()}
    return replace(assignment, rubric=rubric, rows=tuple(replace(row, marks=2 * row.marks) for row in assignment.rows))


def count_regrades(regrading: Regrading, store: Store, result: ChaosResult) -> None:
    """Add the counts of regrades and leases to the result."""
    totals = store.counters.read()
    result.regrades, result.units = len(regrading.regrades), regrading.units
    result.applied, result.rolled_back = totals.regraded, totals.rolled_back
    result.lost_leases = totals.lost_leases


def make_files(count: int) -> list[StudentFile]:
    """Return small files, no two the same, every second one wrong."""
    sources = mixed_sources()
    return [StudentFile(number, "backprop.py", pick_variant(sources, number).encode()) for number in range(count)]


def grade_quietly(revisions: Sequence[ContractRevision], files: Sequence[StudentFile]) -> ExpectedVerdicts:
    """Return the verdict of each file against each revision, by the revision's id and the file's number."""
    with closing(Jails(plan_jailed())) as jails:
        # The service reads revisions from their archives, too.
        graders = [Grader(Judge(load(dump(revision))), jails) for revision in revisions]
        return {
            (revision.id, file.number): without_identity(as_json(grader.grade(file.source, file.filename)))
            for revision, grader in zip(revisions, graders, strict=True)
            for file in files
        }


def publish(store: Store, revision: ContractRevision) -> None:
    """Make a revision the course's current one."""
    assignment = revision.assignment
    record = RevisionRecord(
        id=revision.id,
        course=COURSE,
        assignment=revision.assignment_json,
        assignment_id=assignment.id,
        title=assignment.title,
        networks_sha256=revision.cases_sha256,
        published=0.0,
    )
    store.assignments.publish(record, dump(revision))


class ChaosRun:
    """A run of the service in which files are handed in, verdicts regraded and faults made at the same time."""

    def __init__(
        self, course: FaultyService, regrading: Regrading, files: Sequence[StudentFile], result: ChaosResult
    ) -> None:
        self._course = course
        self._regrading = regrading
        self._files = files
        self._result = result

    def run(self, seed: int, minutes: float) -> None:
        """Make faults until all is handed in, graded and graded again, or the time is up."""
        portal, start = self._course.portal, time.monotonic()
        with ThreadPoolExecutor(HANDS) as hands, ThreadPoolExecutor(1) as staff:
            try:
                submissions = [hands.submit(portal.hand_in, file) for file in self._files]
                regrading = staff.submit(self._regrading.run)
                self._disturb(regrading, random.Random(seed), start + 60 * minutes)  # noqa: S311 - no secret
                self._result.seconds = time.monotonic() - start
            finally:
                self._regrading.end()
                portal.end()
        portal.close()
        for submission in submissions:
            submission.result()
        if error := regrading.exception():
            self._result.violations.append(f"a regrade could not be gone on with: {error}")

    def _disturb(self, regrading: "Future[None]", chance: random.Random, end: float) -> None:
        faults = self._faults(chance)
        for number in itertools.count(1):
            self._course.portal.allow(len(self._files) * number // SHARES)
            threading.Event().wait(chance.uniform(*BEFORE))
            if self._course.count_concluded() == len(self._files) and regrading.done():
                return
            if time.monotonic() > end:
                self._result.violations.append(
                    f"not done in time: {len(self._course.concluded)} of {len(self._files)} submissions concluded,"
                    f" {self._regrading.units} units graded"
                )
                return
            self._make_fault(*next(faults))
            threading.Event().wait(chance.uniform(*AFTER))

    def _make_fault(self, name: str, fault: Callable[[], None]) -> None:
        fault()
        self._result.faults[name] += 1
        progress = f"{name}: {self._course.count_concluded()} concluded, {self._regrading.units} units"
        print(progress, file=sys.stderr, flush=True)

    def _faults(self, chance: random.Random) -> Iterator[tuple[str, Callable[[], None]]]:
        """Yield faults without end: all kinds in random order, then all again."""
        course = self._course
        kinds: Mapping[str, Callable[[], None]] = {
            "child killed": course.kill_child,
            "worker killed": course.kill_worker,
            "web killed": course.kill_web,
            "sweeper killed": course.kill_sweeper,
            "Redis killed": lambda: _hold(course.redis_away(), chance.uniform(*REDIS_AWAY)),
            "worker stopped": lambda: _hold(course.worker_stopped(), chance.uniform(*WORKER_STOPPED)),
            "memory full": lambda: _hold(course.memory_full(), chance.uniform(*MEMORY_FULL)),
        }
        while True:
            yield from chance.sample([*kinds.items()], len(kinds))


def _hold(fault: AbstractContextManager[None], seconds: float) -> None:
    with fault:
        threading.Event().wait(seconds)


def settle(store: Store, result: ChaosResult) -> None:
    """Wait until no job waits and no lease is held."""

    def is_idle() -> bool:
        return not any(store.jobs.waiting(queue) for queue in Queue) and not store.redis.zcard("bm:leases")

    try:
        wait_until(is_idle, "nothing waits and nothing is held", QUIET)
    except TimeoutError as error:
        result.violations.append(str(error))


def render(result: ChaosResult) -> str:
    """Return the table."""
    counts = [
        ("seed", result.seed),
        *sorted(result.faults.items()),
        ("faults", result.faults.total()),
        ("lost leases", result.lost_leases),
        *((f"answers {status}", number) for status, number in sorted(result.answers.items())),
        ("submissions", result.submissions),
        ("regrades", result.regrades),
        ("units", result.units),
        ("verdicts applied", result.applied),
        ("verdicts rolled back", result.rolled_back),
        ("seconds", round(result.seconds)),
        ("violations", len(result.violations)),
    ]
    return "\n".join([*render_counts(counts), *result.violations[:PRINTED_VIOLATIONS]])


if __name__ == "__main__":
    main()
