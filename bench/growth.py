"""`python -m bench.growth`: how the cost of a right submission grows with networks, with depth and with width."""

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from statistics import median

from bench.submissions import function_of
from grader.judge.judge import Judge
from grader.subjects.networks.assignment import Range
from grader.subjects.networks.revision import NetworksRevision, load
from tests.networks import load_packaged
from worker.grading.grader import Grader
from worker.grading.pool import Jails
from worker.grading.revisions import draw
from worker.sandbox.policy import plan_jailed

NETWORKS, DEPTHS, WIDTHS = (50, 100, 200, 400, 800), (1, 4, 8, 16), (4, 12, 24, 48)
#: Networks of each depth and width: all of the same, so that what is seen is theirs.
EACH = 100


@dataclass(frozen=True, slots=True)
class Case:
    """A revision of one size."""

    name: str
    revision: NetworksRevision


def main() -> None:
    """Draw, grade, print a table."""
    parser = argparse.ArgumentParser(prog="bench.growth", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the first two of each, five times")
    quick = parser.parse_args().quick
    source = function_of("right.ipynb").encode()
    print("ms (median)  derivatives  networks")
    with closing(Jails(plan_jailed())) as jails:
        for case in _cases(2 if quick else None):
            grader = Grader(Judge(case.revision), jails)
            taken = [_timed(grader, source) for _ in range(7 if quick else 32)][2:]
            print(f"{1e3 * median(taken):11.1f}  {case.revision.suite.starts[-1]:11,}  {case.name}", flush=True)


def _cases(first: int | None) -> Iterator[Case]:
    for count in NETWORKS[:first]:
        yield Case(f"{count} of the assignment's shapes", _drawn(networks=count))
    for depth in DEPTHS[:first]:
        yield Case(f"{EACH}, {depth} hidden layers, 6 wide", _drawn((depth, depth), (6, 6)))
    for width in WIDTHS[:first]:
        yield Case(f"{EACH}, 4 hidden layers, {width} wide", _drawn((4, 4), (width, width)))


def _drawn(
    depth: Sequence[int] | None = None, widths: Sequence[int] | None = None, networks: int = EACH
) -> NetworksRevision:
    assignment = load_packaged("udl-7.2").assignment
    if depth is not None and widths is not None:
        ranges = replace(assignment.ranges, depth=Range(*depth), widths=Range(*widths))
        # None of the notebook's own shape, which is another.
        assignment = replace(assignment, ranges=ranges, home_networks=0)
    return load(draw(replace(assignment, networks=networks)))


def _timed(grader: Grader, source: bytes) -> float:
    grader.jails.prepare()
    started = time.perf_counter()
    verdict = grader.grade(source, "submission.py")
    if verdict.outcome.value != "passed":
        raise RuntimeError(f"a right submission was not passed: {verdict.outcome}")
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
