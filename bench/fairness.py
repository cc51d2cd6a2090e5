"""`python -m bench.fairness`: right submissions on a machine that is busy, stopped and killed: each must be passed.

A whole service with a worker of two processes beside busy loops. Meanwhile jails, processes of the worker, and both
are stopped for up to some seconds, and jails are killed, at most twice for each submission. Exits with 1 where a
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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.processor import children_of
from bench.stack import ASSIGNMENT, Stack, stack
from bench.submissions import function_of
from grader.model.records import State, SubmissionRecord
from grader.store import keys
from grader.store.codec import decode
from grader.store.store import Store

#: Tries in which a jail may be killed: a third kill would end the submission as our failure, as it should.
KILLED_TRIES = 2
#: Seconds between two lines of progress.
PROGRESS = 30.0
#: Seconds for which something is stopped, at most: less than a lease, so that stopping a worker costs no try.
STOPPED = 3.0
#: Every so many submissions one computes for seconds, and one is slow to read.
SLOW, LONG = 10, 5
#: Seconds of processor time that a slow one takes for each of some 224 calls.
EACH_CALL = 0.012

RIGHT = function_of("right.ipynb")
#: Ahead of everything else in the function.
START = "y):\n"
COMPUTES = f"""    import time
    end = time.process_time() + {EACH_CALL}
    while time.process_time() < end:
        pass
"""
#: Some tenths of a second of parsing.
LITERAL = "table = [" + "f'{1}{2}', " * 20_000 + "]\n"


@dataclass(slots=True)
class Fairness:
    """The counts of one run."""

    handed_in: int = 0
    #: By outcome, or by state where there is none.
    ended: Counter[str] = field(default_factory=Counter)
    #: Submissions by the number of tries that they took.
    tries: Counter[int] = field(default_factory=Counter)
    #: Verdicts that were kept, by outcome.
    kept: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    stops: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    #: A sentence for each submission that did not pass.
    blamed: list[str] = field(default_factory=list)

    @property
    def fair(self) -> bool:
        """Whether all passed and nothing else was kept."""
        return self.ended == Counter({"passed": self.handed_in}) and set(self.kept) <= {"passed"}


def main() -> None:
    """Measure and print; exit with 1 where somebody was blamed."""
    parser = argparse.ArgumentParser(prog="bench.fairness", description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="submissions (500)")
    parser.add_argument("--seed", type=int, default=0, help="of what is done to them (0)")
    parser.add_argument("--loops", type=int, default=16, help="busy loops beside them (16)")
    parser.add_argument("--minutes", type=float, default=60, help="after which it is given up (60)")
    asked = parser.parse_args()
    found = measure(asked.count, seed=asked.seed, loops=asked.loops, minutes=asked.minutes)
    print(render(found))
    sys.exit(0 if found.fair else 1)


def measure(count: int, *, seed: int = 0, loops: int = 16, minutes: float = 60, stopped: float = STOPPED) -> Fairness:
    """Have so many right submissions graded while all of that happens, stops taking `stopped` seconds at most."""
    found = Fairness(handed_in=count)
    with stack() as up, up.workers(2), busy(loops):
        started = time.monotonic()
        names = [_submit(up, number) for number in range(count)]
        trouble = Trouble(up.store, names, found, random.Random(seed), stopped)  # noqa: S311 - no secret depends on it
        with trouble.made():
            trouble.wait(started + 60 * minutes)
        found.seconds = time.monotonic() - started
        _judge(up.store, names, found)
    return found


def source(number: int) -> bytes:
    """Return a right submission unlike all others: most are quick, some compute for seconds, some are slow to read."""
    start = f"{START}    submission = {number}\n"
    if number % SLOW == 0:
        start += COMPUTES
    text = RIGHT.replace(START, start)
    return ((LITERAL if number % LONG == 1 else "") + text).encode()


def render(found: Fairness) -> str:
    """Return the table."""
    rows = [
        ("submissions", found.handed_in),
        *((f"  {outcome}", number) for outcome, number in sorted(found.ended.items())),
        *((f"  after {tries} tries", number) for tries, number in sorted(found.tries.items())),
        ("jails killed", found.kills),
        *((f"stopped: {what}", number) for what, number in sorted(found.stops.items())),
        *((f"kept: {outcome}", number) for outcome, number in sorted(found.kept.items())),
        ("seconds", round(found.seconds)),
    ]
    lines = [f"{name:<24}{number:>8}" for name, number in rows]
    return "\n".join([*lines, *found.blamed, "fair" if found.fair else "NOT FAIR"])


class Trouble:
    """The stops and kills, until all submissions are at their end."""

    def __init__(
        self, store: Store, names: Sequence[str], found: Fairness, chance: random.Random, stopped: float
    ) -> None:
        self._store = store
        self._waiting = set(names)
        self._found = found
        self._chance = chance
        self._stopped = stopped
        self._over = threading.Event()

    @contextmanager
    def made(self) -> Iterator[None]:
        """Stop and kill meanwhile."""
        seeds = [self._chance.random() for _ in range(2)]
        threads = [
            threading.Thread(target=work, args=(random.Random(seed),))  # noqa: S311 - no secret depends on it
            for work, seed in zip((self._stop, self._kill), seeds, strict=True)
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
        """Wait until all submissions are at their end, or it is too late; show on standard error how many are."""
        start = shown = time.monotonic()
        while self._waiting and time.monotonic() < end:
            self._waiting -= {each.id for each in self._store.submissions.many([*self._waiting]) if each.state.terminal}
            if time.monotonic() >= shown + PROGRESS:
                shown = time.monotonic()
                done = self._found.handed_in - len(self._waiting)
                print(f"{shown - start:6.0f} s: {done} of {self._found.handed_in} graded", file=sys.stderr, flush=True)
            self._over.wait(0.5)

    def _running(self) -> dict[str, int] | None:
        """The tries of each that runs; None while one is at its last, or about to be, before a kill would end it."""
        found = self._store.submissions.many([*self._waiting])
        if any(each.tries + (each.state is State.QUEUED) > KILLED_TRIES for each in found):
            return None
        return {each.id: each.tries for each in found if each.state is State.RUNNING}

    def _stop(self, chance: random.Random) -> None:
        """Stop jails, processes of the worker, or both, one after the other."""
        while not self._over.wait(chance.uniform(0.1, 1.0)):
            workers = grading_processes()
            jails = [jail for worker in workers for jail in jails_of(worker)]
            chosen = {
                "jail": [chance.choice(jails)] if jails else [],
                "worker": [chance.choice(workers)] if workers else [],
                "both": [*workers, *jails],
            }
            what = chance.choice([*chosen])
            for pid in chosen[what]:
                _signal(pid, signal.SIGSTOP)
            self._over.wait(chance.uniform(0.02, self._stopped))
            for pid in chosen[what]:
                _signal(pid, signal.SIGCONT)
            self._found.stops[what] += bool(chosen[what])

    def _kill(self, chance: random.Random) -> None:
        """Kill jails. The next one only once the last has cost a submission a try, or seems to have cost nothing."""
        before: dict[str, int] | None = {}
        patience = 0.0
        while not self._over.wait(chance.uniform(0.02, 0.4)):
            running = self._running()
            if running == before and time.monotonic() < patience:
                continue
            jails = [jail for worker in grading_processes() for jail in jails_of(worker)]
            # Finding them took a while.
            if not jails or not running or running != self._running():
                continue
            _signal(chance.choice(jails), signal.SIGKILL)
            self._found.kills += 1
            before, patience = running, time.monotonic() + 2.0


def grading_processes() -> list[int]:
    """Return the processes of the worker that grade."""
    parents = [pid for pid in children_of(os.getpid()) if "worker.cli.main worker" in _command(pid)]
    return [pid for parent in parents for pid in children_of(parent) if "worker.cli.main worker" in _command(pid)]


def jails_of(worker: int) -> list[int]:
    """Return the jails that the worker's templates have forked: bwrap is its child, and the template is bwrap's."""
    templates = [pid for bwrap in children_of(worker) for pid in children_of(bwrap)]
    return [jail for template in templates for jail in children_of(template)]


@contextmanager
def busy(loops: int) -> Iterator[None]:
    """Processes that compute for nothing."""
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(loops)]
    try:
        yield
    finally:
        for each in running:
            each.kill()
            each.wait()


def _submit(up: Stack, number: int) -> str:
    return up.client.submit(source(number), assignment=ASSIGNMENT, student=f"s{number}").id


def _judge(store: Store, names: Sequence[str], found: Fairness) -> None:
    """Count how it ended, for each and for whoever hands in the same."""
    for each in store.submissions.many([*names]):
        found.ended[each.outcome or each.state.value] += 1
        found.tries[each.tries] += 1
        if each.outcome != "passed":
            found.blamed.append(_blame(store, each))
    for key in store.redis.scan_iter(keys.key("cache", "*")):
        data: Any = store.redis.get(key)
        if data is not None:
            found.kept[decode(data)["outcome"]] += 1


def _blame(store: Store, submission: SubmissionRecord) -> str:
    verdict = store.submissions.verdict(submission.id)
    why = submission.failure or (verdict.error.message if verdict is not None and verdict.error is not None else None)
    return f"{submission.student}: {submission.outcome or submission.state}, {why}"


def _command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


if __name__ == "__main__":
    main()
