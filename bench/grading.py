"""`backmark grade --json`, cold with one file and warm with many, as anyone would call it."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.run import Command, Run, timed

#: The first answers come while caches fill: they are not what a long batch costs.
WARM_UP = 10


def command(files: Sequence[str], options: Sequence[str] = ()) -> Command:
    """What grades them, whatever comes of it."""
    words = [str(Path(sys.executable).with_name("backmark")), "grade", "--json", *options, *files]
    return Command(words, environment={}, statuses=(0, 1))


def grade(files: Sequence[str], right: Sequence[bool], options: Sequence[str] = ()) -> Run:
    """One call; raises RuntimeError where a right one does not pass or a wrong one does."""
    run = timed(command(files, options))
    outcomes = [json.loads(line)["outcome"] for line in run.text]
    if [outcome == "passed" for outcome in outcomes] != list(right):
        message = f"these are the wrong verdicts: {outcomes}"
        raise RuntimeError(message)
    return run


def each(run: Run) -> float:
    """Seconds a file once it is warm."""
    first = min(WARM_UP, len(run.lines) // 2)
    return (run.lines[-1] - run.lines[first - 1]) / (len(run.lines) - first)
