"""`python -m bench.million`: one store with 10,000 submissions and with 1,000,000, in one run.

Bytes of each in memory and on disk; the 95th percentile of what a service asks Redis; how long a rewrite of the
append-only file, a backup and its restore take; how soon a regrade has chosen its submissions; and the longest pause
while 100,000 old submissions go. A hundredth of the size: `--count 10000`.
"""

import argparse
import logging
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from backmark.grader.model.records import Job, Kind
from backmark.grader.model.regrades import Selection
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.backups.copying import write_backup
from backmark.grader.store.backups.restoring import restore_backup
from backmark.grader.store.connection import Connection
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from bench.copies import SubmissionModel, copy_submissions, record_model
from bench.percentiles import percentile_95
from bench.recording import current_revision
from bench.stack import run_redis
from bench.verdicts import grade_examples

ASSIGNMENT = "udl-7.2"
#: The course that most submissions are in, and two whose share is a two-hundredth and a tenth: 5,000 and 100,000.
MAIN, SMALL, LARGE = "main", "small", "large"
SHARES = {SMALL: 200, LARGE: 10}
#: Milliseconds between two submissions, times that an operation is measured, and submissions that go at once, as the
#: sweeper has it.
APART, REPEATS, EXPIRED = 100.0, 300, 50
#: Seconds that Redis may take for one command of a backup.
_PATIENCE = 600.0


def main() -> None:
    """Fill a Redis twice, and print a table."""
    parser = argparse.ArgumentParser(prog="bench.million", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="submissions of the larger store")
    parser.add_argument("--small", type=int, default=10_000, help="submissions of the smaller one")
    options = parser.parse_args()
    logging.disable()
    with tempfile.TemporaryDirectory() as folder, run_redis(Path(folder, "redis")) as server:
        settings = ServiceSettings(redis_url=SecretStr(server.url))
        store = Store.connect(settings)
        bench = _Bench(store, Path(folder, "redis"))
        bench.fill(options.small)
        before = bench.measure_operations()
        bench.fill(options.count)
        bench.print_bytes()
        after = bench.measure_operations()
        print(f"\n{'95th percentile, ms':24}{options.small:>12,}{options.count:>12,}{'ratio':>8}")
        for name, milliseconds in before.items():
            print(f"{name:24}{milliseconds:12.2f}{after[name]:12.2f}{after[name] / milliseconds:8.2f}", flush=True)
        bench.measure_rewrite()
        _measure_backup(server.url, Path(folder))
        bench.measure_choosing()
        bench.measure_retention()


class _Bench:
    """A store with three courses, which is filled and measured."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._passed, _ = grade_examples()
        self._revision = current_revision(store, MAIN, ASSIGNMENT)
        self._models = {course: self._record(course) for course in (*SHARES, MAIN)}
        self._counts = dict.fromkeys(self._models, 1)
        self._empty = self._used()
        self._new = 0

    def _record(self, course: str) -> SubmissionModel:
        self._store.redis.delete("bm:outbox")
        student = f"model-of-{course}"
        new = NewSubmission(course, ASSIGNMENT, self._revision, student, "a.py", f"# {course}".encode())
        return record_model(self._store, new, self._passed)

    def _used(self) -> int:
        return int(self._store.redis.info("memory")["used_memory"])

    def fill(self, count: int) -> None:
        """Fill the store up to so many submissions; the filling is not measured."""
        redis, start = self._store.redis, time.monotonic()
        redis.config_set("appendfsync", "no")
        shares = {course: count // part for course, part in SHARES.items()}
        shares[MAIN] = count - sum(shares.values())
        for place, (course, wanted) in enumerate(shares.items()):
            # Numbers of its own for each course, as ids are.
            base = place << 32
            copy_submissions(self._store, self._models[course], base + self._counts[course], base + wanted, APART)
            self._counts[course] = wanted
        redis.config_set("appendfsync", "always")
        # So much was written that Redis may have begun to write its file anew.
        self._await_rewrite()
        print(f"{count:,} submissions: filled in {time.monotonic() - start:.0f} s", flush=True)

    def print_bytes(self) -> None:
        """Print what a submission takes, in memory and on disk."""
        count = sum(self._counts.values())
        disk = sum(file.stat().st_size for file in Path(self._folder, "appendonlydir").iterdir())
        memory = self._used() - self._empty
        print(f"{count:,} submissions: {memory / count:,.0f} bytes of memory each, {disk / count:,.0f} on disk")

    def measure_operations(self) -> dict[str, float]:
        """Return the 95th percentile in milliseconds of each operation, every write on disk before it is answered."""
        submissions = self._store.submissions
        claims: list[Any] = []
        page = submissions.list(Filter(MAIN), 50)
        deep = submissions.list(Filter(MAIN), 1000).next_cursor
        return {
            "accept": _percentile(self._accept),
            "claim": _percentile(lambda: claims.append(self._store.jobs.claim_next())),
            "conclude": _percentile(lambda: submissions.finish(claims.pop(), self._passed)),
            "list, first page": _percentile(lambda: submissions.list(Filter(MAIN), 50)),
            "list, next page": _percentile(lambda: submissions.list(Filter(MAIN), 50, page.next_cursor)),
            "list, 20th page": _percentile(lambda: submissions.list(Filter(MAIN), 50, deep)),
            "search, a student": _percentile(lambda: submissions.list(Filter(MAIN, student="s7"), 50)),
            "search, an outcome": _percentile(lambda: submissions.list(Filter(MAIN, ASSIGNMENT, outcome="failed"), 50)),
        }

    def _accept(self) -> None:
        self._new += 1
        source = f"# new {self._new}".encode()
        self._store.submissions.accept(
            NewSubmission(MAIN, ASSIGNMENT, self._revision, f"new-{self._new}", "a.py", source)
        )

    def measure_rewrite(self) -> None:
        """Print how long Redis writes its file anew, and what waits meanwhile."""
        with _watch(self._store.redis) as pauses:
            start = time.monotonic()
            self._store.redis.bgrewriteaof()
            self._await_rewrite()
            seconds = time.monotonic() - start
        print(f"\nAOF rewrite: {seconds:.1f} s; longest pause {max(pauses):.0f} ms", flush=True)

    def _await_rewrite(self) -> None:
        while self._store.redis.info("persistence")["aof_rewrite_in_progress"]:
            time.sleep(0.2)  # Redis tells nobody when it is done

    def measure_choosing(self) -> None:
        """Print how soon regrades of the two smaller courses have chosen their submissions."""
        for course in SHARES:
            selection = Selection(course, ASSIGNMENT, self._revision)
            regrade = self._store.regrades.request(selection).regrade.id
            claim = self._store.jobs.claim(Job(Kind.REGRADE, regrade))
            if claim is None:
                raise RuntimeError("a regrade was requested, but does not wait")
            with _watch(self._store.redis) as pauses:
                start, more = time.monotonic(), True
                while more:
                    done = self._store.regrade_steps.choose(claim)
                    more = done is not None and done.more
                seconds = time.monotonic() - start
            chosen = f"a regrade of {self._counts[course]:,} chosen in {seconds:.1f} s"
            print(f"{chosen}; longest pause {max(pauses):.0f} ms", flush=True)
            self._store.regrades.cancel(regrade)

    def measure_retention(self) -> None:
        """Print how long the oldest submissions of a course take to go, and the longest pause."""
        count = self._counts[LARGE]
        last = self._models[LARGE].created - APART
        gone, size = 0, 1
        with _watch(self._store.redis) as pauses:
            start = time.monotonic()
            # Of all courses, the oldest first in each, until as many are gone as the large course had.
            while size and gone < count:
                size = self._store.submissions.expire(last / 1000, EXPIRED)
                gone += size
            seconds = time.monotonic() - start
        print(f"{gone:,} old submissions gone in {seconds:.0f} s; longest pause {max(pauses):.0f} ms", flush=True)


def _percentile(call: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - start))
    return percentile_95(times)


@contextmanager
def _watch(redis: Connection) -> Iterator[list[float]]:
    """Ask Redis for its time again and again, while the block runs; the milliseconds that each answer took."""
    pauses, over = [0.0], threading.Event()

    def ask() -> None:
        while not over.wait(0.002):
            start = time.perf_counter()
            redis.time()
            pauses.append(1000 * (time.perf_counter() - start))

    watcher = threading.Thread(target=ask)
    watcher.start()
    try:
        yield pauses
    finally:
        over.set()
        watcher.join()


def _measure_backup(url: str, folder: Path) -> None:
    file = folder / "backup"
    redis = Connection.open(ServiceSettings(redis_url=SecretStr(url)), _PATIENCE)
    with _watch(redis) as pauses:
        start = time.monotonic()
        with file.open("wb") as stream:
            counts = write_backup(redis, stream, lambda *_: None)
        seconds = time.monotonic() - start
    size = file.stat().st_size / 1e6
    print(
        f"backup: {counts.keys:,} keys, {size:,.0f} MB, {seconds:.0f} s; longest pause {max(pauses):.0f} ms", flush=True
    )
    with run_redis(folder / "restored") as server:
        other = Connection.open(ServiceSettings(redis_url=SecretStr(server.url)), _PATIENCE)
        start = time.monotonic()
        with file.open("rb") as stream:
            restore_backup(other, stream, lambda *_: None)
        print(f"restore: {time.monotonic() - start:.0f} s", flush=True)
    file.unlink()


if __name__ == "__main__":
    main()
