"""`python -m bench.selecting`: a regrade of many distinct sources: when its first is graded, and when all are chosen.

On two worker processes, with every write of Redis on disk before it is answered. It is cancelled once all are chosen.
"""

import argparse
import logging
import time

from backmark.grader.model.regrades import Phase
from backmark.grader.store.submissions import NewSubmission
from bench.recording import current_revision, record_verdict
from bench.stack import ASSIGNMENT, COURSE, Stack, run_stack
from bench.verdicts import grade_examples
from bench.waiting import wait_until

#: Seconds within which all submissions are chosen.
_CHOOSING = 1800.0


def main() -> None:
    """Fill a Redis step by step, and print a row after each."""
    parser = argparse.ArgumentParser(prog="bench.selecting", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[20_000, 100_000], help="distinct sources")
    sizes = parser.parse_args().sizes
    logging.disable()
    _, verdict = grade_examples()
    with run_stack() as stack:
        revision = current_revision(stack.store, COURSE, ASSIGNMENT)
        print(f"{'sources':>10}{'first graded, s':>18}{'all chosen, s':>16}{'graded by then':>16}")
        for smaller, size in zip((0, *sizes), sizes, strict=False):
            # The filling is not measured.
            stack.store.redis.config_set("appendfsync", "no")
            for number in range(smaller, size):
                source = f"# {number}".encode()
                new = NewSubmission(COURSE, ASSIGNMENT, revision, f"s{number}", "a.py", source)
                record_verdict(stack.store, new, verdict)
            stack.store.redis.config_set("appendfsync", "always")
            print(f"{size:10,}{_measure(stack)}", flush=True)


def _measure(stack: Stack) -> str:
    """Return the figures of a regrade of everything, as the rest of a row."""
    regrades = stack.client.regrades
    with stack.workers(2):
        start = time.monotonic()
        name = regrades.start(assignment=ASSIGNMENT, fresh=True).id
        wait_until(lambda: _count_graded(stack, name) > 0, "the regrade's first source is graded")
        first = time.monotonic() - start
        wait_until(lambda: _read_phase(stack, name) != Phase.PREPARING, "all submissions are chosen", _CHOOSING)
        last = time.monotonic() - start
        units = _count_graded(stack, name)
        regrades.cancel(name)
    return f"{first:18.1f}{last:16.1f}{units:16,}"


def _read_phase(stack: Stack, name: str) -> Phase | None:
    """Return the phase of a regrade, without its counts."""
    step = stack.store.regrade_steps.get(name)
    return None if step is None else step.phase


def _count_graded(stack: Stack, name: str) -> int:
    """Return the number of the regrade's sources that have been graded."""
    redis = stack.store.redis
    units, waiting = redis.scard(f"bm:regrade-units:{name}"), redis.llen(f"bm:regrade-pending:{name}")
    return units - waiting - redis.scard(f"bm:regrade-open:{name}")


if __name__ == "__main__":
    main()
