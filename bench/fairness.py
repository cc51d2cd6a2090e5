"""`python -m bench.fairness`: right submissions on a machine that is busy, stopped and killed: each must be passed.

A whole service with a worker of two processes beside busy loops. Meanwhile jails, processes of the worker, and both
are stopped for up to some seconds, and jails are killed, at most twice for each submission. Exits with 1 if a
submission did not pass, or a verdict other than that was kept for others.
"""

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from backmark.grader.model.records import State, SubmissionRecord
from backmark.grader.store import keys
from backmark.grader.store.codec import decode
from backmark.grader.store.store import Store
from bench.process_tree import list_children
from bench.stack import ASSIGNMENT, Stack, run_stack
from bench.submissions import RIGHT, extract_function, insert_statements, make_variant
from bench.table import render_counts

#: Tries in which a jail may be killed: a third kill would end the submission as our failure, as it should.
KILLED_TRIES = 2
#: Seconds between two lines of progress.
PROGRESS = 30.0
#: Seconds for which something is stopped, at most: less than a lease, so that stopping a worker costs no try.
LONGEST_STOP = 3.0
#: Every so many submissions one computes for seconds, and one is slow to read.
SLOW, LONG = 10, 5
#: Seconds of processor time that a slow one takes for each of some 224 calls.
CALL_SECONDS = 0.012

SOURCE = extract_function(RIGHT)
COMPUTATION = f"""    import time
    end = time.process_time() + {CALL_SECONDS}
    while time.process_time() < end:
        pass
"""
#: Some tenths of a second of parsing.
LITERAL = "table = [" + "f'{1}{2}', " * 20_000 + "]\n"


@dataclass(slots=True)
class FairnessReport:
    """The counts of one run."""

    submissions: int = 0
    #: By outcome, or by state if there is none.
    ends: Counter[str] = field(default_factory=Counter)
    #: Submissions by the number of tries that they took.
    tries: Counter[int] = field(default_factory=Counter)
    #: Verdicts in the cache, by outcome.
    cache: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    stops: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    #: A sentence for each submission that did not pass.
    failures: list[str] = field(default_factory=list)

    @property
    def is_fair(self) -> bool:
        """True if all passed and no other verdict is in the cache."""
        return self.ends == Counter({"passed": self.submissions}) and set(self.cache) <= {"passed"}


def main() -> None:
    """Measure and print; exit with 1 if a submission did not pass."""
    parser = argparse.ArgumentParser(prog="bench.fairness", description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="submissions (500)")
    parser.add_argument("--seed", type=int, default=0, help="of what is done to them (0)")
    parser.add_argument("--loops", type=int, default=16, help="busy loops beside them (16)")
    parser.add_argument("--minutes", type=float, default=60, help="after which it is given up (60)")
    options = parser.parse_args()
    report = measure(options.count, seed=options.seed, loops=options.loops, minutes=options.minutes)
    print(render(report))
    sys.exit(0 if report.is_fair else 1)


def measure(
    count: int, *, seed: int = 0, loops: int = 16, minutes: float = 60, longest_stop: float = LONGEST_STOP
) -> FairnessReport:
    """Grade so many right submissions while parts are stopped, for `longest_stop` seconds at most, and killed."""
    report = FairnessReport(submissions=count)
    with run_stack() as stack, stack.workers(2) as worker, run_busy_loops(loops):
        start = time.monotonic()
        names = [_submit(stack, number) for number in range(count)]
        chance = random.Random(seed)  # noqa: S311 - no secret depends on it
        disturbance = Disturbance(stack.store, worker.pid, names, report)
        with disturbance.run(chance, longest_stop):
            disturbance.wait(start + 60 * minutes)
        report.seconds = time.monotonic() - start
        _count_ends(stack.store, names, report)
        _count_cache(stack.store, report)
    return report


def make_source(number: int) -> bytes:
    """Return a right submission unlike all others: most are quick, some compute for seconds, some are slow to read."""
    source = make_variant(SOURCE, number)
    if number % SLOW == 0:
        source = insert_statements(source, COMPUTATION)
    return ((LITERAL if number % LONG == 1 else "") + source).encode()


def render(report: FairnessReport) -> str:
    """Return the table."""
    lines = render_counts(
        (
            ("submissions", report.submissions),
            *((f"  {end}", number) for end, number in sorted(report.ends.items())),
            *((f"  after {tries} tries", number) for tries, number in sorted(report.tries.items())),
            ("jails killed", report.kills),
            *((f"stopped: {target}", number) for target, number in sorted(report.stops.items())),
            *((f"kept: {outcome}", number) for outcome, number in sorted(report.cache.items())),
            ("seconds", round(report.seconds)),
        )
    )
    return "\n".join([*lines, *report.failures, "fair" if report.is_fair else "NOT FAIR"])


class Disturbance:
    """The stops and kills, until all submissions are at their end."""

    def __init__(self, store: Store, worker: int, names: Sequence[str], report: FairnessReport) -> None:
        self._store = store
        self._worker = worker
        self._waiting = set(names)
        self._report = report
        self._over = threading.Event()

    @contextmanager
    def run(self, chance: random.Random, longest_stop: float) -> Iterator[None]:
        """Stop and kill for as long as the block lasts."""
        stops, kills = (random.Random(chance.random()) for _ in range(2))  # noqa: S311 - no secret depends on it
        threads = [
            threading.Thread(target=self._stop, args=(stops, longest_stop)),
            threading.Thread(target=self._kill, args=(kills,)),
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def wait(self, end: float) -> None:
        """Wait until all submissions are at their end, or it is too late; show progress on standard error."""
        start = last_line = time.monotonic()
        total = self._report.submissions
        while self._waiting and time.monotonic() < end:
            records = self._store.submissions.many([*self._waiting])
            self._waiting -= {record.id for record in records if record.state.terminal}
            if time.monotonic() >= last_line + PROGRESS:
                last_line = time.monotonic()
                ends = total - len(self._waiting)
                print(f"{last_line - start:6.0f} s: {ends} of {total} graded", file=sys.stderr, flush=True)
            self._over.wait(0.5)

    def _running_tries(self) -> dict[str, int] | None:
        """Return the tries of each running submission, or None if a kill could cost one its last try."""
        records = self._store.submissions.many([*self._waiting])
        if any(record.tries + (record.state is State.QUEUED) > KILLED_TRIES for record in records):
            return None
        return {record.id: record.tries for record in records if record.state is State.RUNNING}

    def _stop(self, chance: random.Random, longest_stop: float) -> None:
        """Stop jails, processes of the worker, or both, one after the other."""
        while not self._over.wait(chance.uniform(0.1, 1.0)):
            targets = _draw_targets(self._worker, chance)
            target = chance.choice([*targets])
            for pid in targets[target]:
                _signal(pid, signal.SIGSTOP)
            self._over.wait(chance.uniform(0.02, longest_stop))
            for pid in targets[target]:
                _signal(pid, signal.SIGCONT)
            self._report.stops[target] += bool(targets[target])

    def _kill(self, chance: random.Random) -> None:
        """Kill jails; the next one only once the last has cost a submission a try, or seems to have cost nothing."""
        before: dict[str, int] | None = {}
        patience = 0.0
        while not self._over.wait(chance.uniform(0.02, 0.4)):
            running = self._running_tries()
            if running == before and time.monotonic() < patience:
                continue
            jails = list_jails(list_children(self._worker))
            # The search for them took a while.
            if not jails or not running or running != self._running_tries():
                continue
            _signal(chance.choice(jails), signal.SIGKILL)
            self._report.kills += 1
            before, patience = running, time.monotonic() + 2.0


def _draw_targets(worker: int, chance: random.Random) -> Mapping[str, Sequence[int]]:
    """Return processes to stop, by the name of the target; a jail and a process that grades are drawn."""
    graders = list_children(worker)
    jails = list_jails(graders)
    return {
        "jail": [chance.choice(jails)] if jails else [],
        "worker": [chance.choice(graders)] if graders else [],
        "both": [*graders, *jails],
    }


def list_jails(graders: Sequence[int]) -> list[int]:
    """Return the jails of processes that grade: such a process starts bwrap, that a template, and that the jails."""
    templates = [pid for grader in graders for bwrap in list_children(grader) for pid in list_children(bwrap)]
    return [jail for template in templates for jail in list_children(template)]


@contextmanager
def run_busy_loops(count: int) -> Iterator[None]:
    """Run so many processes that compute for nothing."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _submit(stack: Stack, number: int) -> str:
    return stack.client.submit(make_source(number), assignment=ASSIGNMENT, student=f"s{number}").id


def _count_ends(store: Store, names: Sequence[str], report: FairnessReport) -> None:
    for record in store.submissions.many([*names]):
        report.ends[record.outcome or record.state.value] += 1
        report.tries[record.tries] += 1
        if record.outcome != "passed":
            report.failures.append(_describe_failure(store, record))


def _count_cache(store: Store, report: FairnessReport) -> None:
    """Count the verdicts that anybody who hands in the same source is given."""
    for key in store.redis.scan_iter(keys.key("cache", "*")):
        data: Any = store.redis.get(key)
        if data is not None:
            report.cache[decode(data)["outcome"]] += 1


def _describe_failure(store: Store, record: SubmissionRecord) -> str:
    verdict = store.submissions.verdict(record.id)
    reason = record.failure or (verdict.error.message if verdict is not None and verdict.error is not None else None)
    return f"{record.student}: {record.outcome or record.state}, {reason}"


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


if __name__ == "__main__":
    main()
