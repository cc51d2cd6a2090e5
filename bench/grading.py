"""`backmark grade --json`, cold with one file and warm with many, as anyone would call it."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.run import Run, timed

#: The first answers come while caches fill: they are not what a long batch costs.
WARM_UP = 10


def grade(files: Sequence[str], outcome: str) -> Run:
    """One call; raises RuntimeError where a verdict is not the one that is expected."""
    command = [str(Path(sys.executable).with_name("backmark")), "grade", "--json", *files]
    run = timed(command, statuses=(0,) if outcome == "passed" else (1,))
    outcomes = [json.loads(line)["outcome"] for line in run.text]
    if outcomes != [outcome] * len(files):
        message = f"expected {len(files)} times {outcome}, found {outcomes}"
        raise RuntimeError(message)
    return run


def each(run: Run) -> float:
    """Seconds a file once it is warm."""
    first = min(WARM_UP, len(run.lines) // 2)
    return (run.lines[-1] - run.lines[first - 1]) / (len(run.lines) - first)


def last(run: Run) -> float:
    """Seconds from the last verdict but one to the last: its jail was started long before, so `each` says more."""
    return run.lines[-1] - run.lines[-2]
