"""`python -m bench.growth`: how the cost of a right submission grows with networks, with depth and with width."""

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from statistics import median

from bench.submissions import RIGHT, extract_function
from grader.judge.judge import Judge
from grader.subjects.networks.assignment import Range
from grader.subjects.networks.revision import NetworksRevision, load
from tests.networks import load_layered
from worker.grading.grader import Grader
from worker.grading.pool import Jails
from worker.grading.revisions import draw
from worker.sandbox.policy import plan_jailed

NETWORKS, DEPTHS, WIDTHS = (50, 100, 200, 400, 800), (1, 4, 8, 16), (4, 12, 24, 48)
#: Networks of one depth or width: all of the same, so that the cost is theirs.
NETWORKS_OF_A_SIZE = 100
#: Gradings that warm everything up, and do not count.
WARM_UP = 2


@dataclass(frozen=True, slots=True)
class SizedRevision:
    """A revision of networks of one size."""

    name: str
    revision: NetworksRevision


def main() -> None:
    """Draw, grade, print a table."""
    parser = argparse.ArgumentParser(prog="bench.growth", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the first two of each, five times")
    quick = parser.parse_args().quick
    source = extract_function(RIGHT).encode()
    print("ms (median)  derivatives  networks")
    with closing(Jails(plan_jailed())) as jails:
        for case in _draw_sizes(2 if quick else None):
            grader = Grader(Judge(case.revision), jails)
            times = [_time_grading(grader, source) for _ in range(WARM_UP + (5 if quick else 30))][WARM_UP:]
            derivatives = case.revision.suite.starts[-1]
            print(f"{1e3 * median(times):11.1f}  {derivatives:11,}  {case.name}", flush=True)


def _draw_sizes(first: int | None) -> Iterator[SizedRevision]:
    for count in NETWORKS[:first]:
        yield SizedRevision(f"{count} of the assignment's shapes", _draw_revision(networks=count))
    for depth in DEPTHS[:first]:
        name = f"{NETWORKS_OF_A_SIZE}, {depth} hidden layers, 6 wide"
        yield SizedRevision(name, _draw_revision((depth, depth), (6, 6)))
    for width in WIDTHS[:first]:
        name = f"{NETWORKS_OF_A_SIZE}, 4 hidden layers, {width} wide"
        yield SizedRevision(name, _draw_revision((4, 4), (width, width)))


def _draw_revision(
    depth: Sequence[int] | None = None, widths: Sequence[int] | None = None, networks: int = NETWORKS_OF_A_SIZE
) -> NetworksRevision:
    assignment = load_layered().assignment
    if depth is not None and widths is not None:
        ranges = replace(assignment.ranges, depth=Range(*depth), widths=Range(*widths))
        # None of the notebook's own shape, which is another.
        assignment = replace(assignment, ranges=ranges, home_networks=0)
    return load(draw(replace(assignment, networks=networks)))


def _time_grading(grader: Grader, source: bytes) -> float:
    grader.jails.prepare()
    start = time.perf_counter()
    verdict = grader.grade(source, "submission.py")
    if verdict.outcome.value != "passed":
        raise RuntimeError(f"a right submission was not passed: {verdict.outcome}")
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
