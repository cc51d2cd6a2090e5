"""Draws an assignment's networks with Hypothesis; run as a process of its own.

    python -m grader.subjects.networks.draw [CHOICE] <assignment.json >networks.npz

A seed alone does not fix what Hypothesis draws: it mixes in constants of the local modules that happen to be imported.
A process that imports only this much draws alike for the same versions, and what it drew is stored as data.
"""

import contextlib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice, repeat

import hypothesis
import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st

from grader.errors import REFUSED, AssignmentError
from grader.oracle.coverage import Coverage
from grader.oracle.network import Network
from grader.oracle.suite import count, key, measure
from grader.subjects.networks.assignment import Assignment, Range, assignment_from_json
from grader.subjects.networks.building import Sizes, Values
from grader.subjects.networks.coverage import describe
from grader.subjects.networks.ordinary import ordinary, usable
from grader.subjects.networks.revision import NetworksRevision, dump
from grader.subjects.networks.strategies import corners, networks, shapes

HOME = "the notebook's shape"
ANY, LARGEST = "any", "deepest and widest"

#: Of the networks beside the notebook's own shape the part that may have any shape and ordinary values.
FREE = 1 / 3

#: Networks drawn for each that is used; at most how many in all, and numbers that they may hold together.
CHOICE, MOST, ROOM = 8, 2000, 1 << 23

#: Ordinary networks that say what is usual.
USUAL = 2000


class _EnoughError(Exception):
    """Ends Hypothesis's generation: nothing more is wanted of it."""


@dataclass(frozen=True, slots=True)
class CornerPlan:
    """Some networks of one corner with one number of columns."""

    name: str
    wanted: int
    columns: int
    sizes: st.SearchStrategy[Sizes]
    values: Values


def draw(assignment: Assignment, choice: int = CHOICE) -> NetworksRevision:
    """The assignment with its networks, in order of depth, so that the student's module is made once for each.

    At most `choice` networks are drawn for each that is used; of one there is nothing to choose.
    """
    choice = min(choice, _choice(assignment))
    coverage = None if choice == 1 else _coverage(assignment, choice)
    drawn: list[tuple[str, Network]] = []
    seen: set[bytes] = set()
    missing = Counter[int]()
    for number, row in enumerate(_plan(assignment)):
        # What a corner could not give, networks of any shape make up for: they come last.
        wanted = row.wanted + (missing.pop(row.columns, 0) if row.name == ANY else 0)
        pool = _examples(row, choice * wanted * (2 if row.name == ANY else 1), assignment, number, seen)
        chosen = list(range(min(wanted, len(pool))))
        if coverage is not None and pool:
            cells = coverage.list_cells(_describe_all(pool, assignment))
            chosen = coverage.choose(cells, [count(network.sizes) for network in pool], wanted)
        drawn += [(row.name, pool[place]) for place in chosen]
        seen |= {key(pool[place]) for place in chosen}
        missing[row.columns] += wanted - len(chosen)
    if short := missing.total():
        message = f"only {assignment.networks - short} of {assignment.networks} different networks could be drawn"
        raise AssignmentError(f"{message} within the ranges; widen the ranges, or set networks lower")
    drawn.sort(key=lambda pair: pair[1].depth)
    suite = measure(
        [network for _, network in drawn], [name for name, _ in drawn], assignment.formulas, assignment.rtol
    )
    return NetworksRevision(assignment, suite)


def _coverage(assignment: Assignment, choice: int) -> Coverage:
    usual = islice(ordinary(assignment, assignment.seed), min(USUAL, choice * assignment.networks))
    return Coverage(_describe_all(list(usual), assignment))


def _choice(assignment: Assignment) -> int:
    """The number of networks that are drawn for each that is used."""
    ranges = assignment.ranges
    inputs, width, outputs, depth, columns = (
        (interval.least + interval.most + 1) // 2
        for interval in (ranges.inputs, ranges.widths, ranges.outputs, ranges.depth, ranges.columns)
    )
    numbers = count((inputs, *[width] * depth, outputs)) + columns * (inputs + width * depth + outputs)
    return max(1, min(CHOICE, MOST // assignment.networks, ROOM // (numbers * assignment.networks)))


def _plan(assignment: Assignment) -> Iterator[CornerPlan]:
    """The rows to draw: the notebook's shape first, the corners in equal shares, and networks of any shape last."""
    if assignment.home_networks:
        home = assignment.home
        # The rubric's steps are judged where there is one column: half of the batches of that shape have no more.
        alone = assignment.home_networks // 2 if home.columns > 1 and 1 in assignment.ranges.columns else 0
        for columns, wanted in ((home.columns, assignment.home_networks - alone), (1, alone)):
            if wanted:
                yield CornerPlan(HOME, wanted, columns, st.just(home.sizes), Values())
    special, limits, ranges = corners(assignment), assignment.ranges.columns, assignment.ranges
    others = assignment.networks - assignment.home_networks
    turns = _columns(limits)
    if ranges.depth.most and others > len(special):
        # It costs as much as ten others.
        others -= 1
        largest = shapes(ranges, least_depth=ranges.depth.most, width=ranges.widths.most)
        yield CornerPlan(LARGEST, 1, next(turns), largest, Values(bend="alive"))
    # Few networks go to the corners first.
    free = max(0, min(round(FREE * others), others - len(special)))
    share, over = divmod(others - free, len(special))
    for place, (name, (sizes, values)) in enumerate(special.items()):
        wanted = share + (place < over)
        row = turns if values.special != "equal columns" else _columns(Range(max(limits.least, 2), limits.most))
        for columns, some in Counter(islice(row, wanted)).items():
            yield CornerPlan(name, some, columns, sizes, values)
    last = Counter(islice(turns, free))
    for columns in range(limits.least, limits.most + 1):
        yield CornerPlan(ANY, last[columns], columns, shapes(ranges), Values())


def _columns(limits: Range) -> Iterator[int]:
    """Numbers of columns by turns; every second network has one, as the rubric's steps are judged there."""
    batches = cycle(range(max(limits.least, 2), limits.most + 1)) if limits.most > 1 else repeat(1)
    for columns in batches:
        if limits.least == 1:
            yield 1
        yield columns


def _describe_all(pool: Sequence[Network], assignment: Assignment) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array([describe(network, assignment.formulas) for network in pool])


def _examples(row: CornerPlan, wanted: int, assignment: Assignment, number: int, seen: set[bytes]) -> Sequence[Network]:
    """The first `wanted` usable networks that Hypothesis draws and that have not been drawn before, or fewer."""
    drawn: dict[bytes, Network] = {}
    strategy = networks(row.sizes, row.columns, assignment.formulas, replace(row.values, salt=number))

    @hypothesis.seed(assignment.seed * 1000 + number)
    @settings(
        max_examples=4 * wanted + 20,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(network: Network) -> None:
        name = key(network)
        if name not in seen and usable(network, assignment, near=row.values.bend == "near the kink"):
            drawn[name] = network
        if len(drawn) >= wanted:
            raise _EnoughError

    if wanted:
        with contextlib.suppress(_EnoughError):
            collect()
    return list(drawn.values())


def main() -> None:
    """Read an assignment as JSON, write its revision, or with REFUSED why there is none; the argument is `choice`."""
    choice = int(sys.argv[1]) if len(sys.argv) > 1 else CHOICE
    assignment = assignment_from_json(sys.stdin.read())
    try:
        drawn = draw(assignment, choice)
    except AssignmentError as error:
        sys.stdout.write(json.dumps({"refused": str(error)}))
        sys.exit(REFUSED)
    sys.stdout.buffer.write(dump(drawn))


if __name__ == "__main__":
    main()
