"""`backmark grade --json` as anyone would call it: cold with one file, and warm with many."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.run import Command, Run, run_command

#: Files that are graded while caches fill: they are not what a long batch costs.
WARM_UP = 10


def grade_command(files: Sequence[str], options: Sequence[str] = ()) -> Command:
    """Return the command that grades the files, whatever the verdicts."""
    words = [str(Path(sys.executable).with_name("backmark")), "grade", "--json", *options, *files]
    return Command(words, environment={}, statuses=(0, 1))


def grade(files: Sequence[str], right: Sequence[bool], options: Sequence[str] = ()) -> Run:
    """Grade the files in one call. Raises RuntimeError if a right one does not pass, or a wrong one does."""
    run = run_command(grade_command(files, options))
    outcomes = [json.loads(line)["outcome"] for line in run.lines]
    if [outcome == "passed" for outcome in outcomes] != list(right):
        message = f"these are the wrong verdicts: {outcomes}"
        raise RuntimeError(message)
    return run


def seconds_per_file(run: Run) -> float:
    """Return the seconds that a file takes once the call is warm."""
    first = min(WARM_UP, len(run.arrivals) // 2)
    return (run.arrivals[-1] - run.arrivals[first - 1]) / (len(run.arrivals) - first)
