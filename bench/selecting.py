"""`python -m bench.selecting`: a regrade of many distinct sources: when its first is graded, and when all are chosen.

On two worker processes, with every write of Redis on disk before it is answered. It is cancelled once all are chosen.
"""

import argparse
import logging
import time

from bench.lists import verdicts
from bench.stack import ASSIGNMENT, COURSE, Stack, stack, until
from grader.model.records import Job, Kind
from grader.model.verdict import Verdict
from grader.store.submissions import NewSubmission


def main() -> None:
    """Fill a Redis step by step, and print a row after each."""
    parser = argparse.ArgumentParser(prog="bench.selecting", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[20_000, 100_000], help="distinct sources")
    sizes = parser.parse_args().sizes
    logging.disable()
    _, wrong = verdicts()
    with stack() as up:
        filled = 0
        print(f"{'sources':>10}{'first graded, s':>18}{'all chosen, s':>16}{'graded by then':>16}")
        for size in sizes:
            # Filling it is not what is measured.
            up.store.redis.config_set("appendfsync", "no")
            for number in range(filled, size):
                _fill(up, number, wrong)
            up.store.redis.config_set("appendfsync", "always")
            filled = size
            print(f"{size:10,}{_measure(up)}", flush=True)


def _fill(up: Stack, number: int, verdict: Verdict) -> None:
    """Record and conclude a submission with a source of its own."""
    revision = up.store.assignments.current(COURSE, ASSIGNMENT)
    if revision is None:
        raise RuntimeError("nothing ships")
    source = f"# {number}".encode()
    new = NewSubmission(COURSE, ASSIGNMENT, revision.id, f"s{number}", "a.py", source)
    name = up.store.submissions.accept(new).id
    claim = up.store.jobs.claim(Job(Kind.SUBMISSION, name))
    if claim is None:
        raise RuntimeError("what was accepted does not wait")
    up.store.submissions.finish(claim, verdict.with_identity(name, "a.py"))


def _measure(up: Stack) -> str:
    """Return the figures of a regrade of everything, as the rest of a row."""
    with up.workers(2):
        start = time.monotonic()
        name = up.client.regrades.start(assignment=ASSIGNMENT, fresh=True).id
        until(lambda: _graded(up, name) > 0)
        first = time.monotonic() - start
        until(lambda: up.client.regrades.get(name).phase != "preparing", 1800)
        chosen = time.monotonic() - start
        graded = _graded(up, name)
        up.client.regrades.cancel(name)
    return f"{first:18.1f}{chosen:16.1f}{graded:16,}"


def _graded(up: Stack, name: str) -> int:
    """Return the number of its sources that have been graded."""
    return int(up.store.redis.hget(f"bm:regrade:{name}", "units_done") or 0)


if __name__ == "__main__":
    main()
