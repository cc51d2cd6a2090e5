"""Draws an assignment's networks with Hypothesis; run as a process of its own.

    python -m grader.properties.drawing <assignment.json >networks.npz

A seed alone does not fix what Hypothesis draws: it mixes in constants of the local modules that happen to be imported.
A process that imports only this much draws alike for the same versions, and what it drew is stored as data.
"""

import contextlib
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count as counting
from itertools import islice

import hypothesis
import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st

from grader.errors import AssignmentError
from grader.model import Assignment, Range
from grader.oracle.network import Network
from grader.properties.building import Sizes, Values
from grader.properties.coverage import Coverage, describe
from grader.properties.ordinary import ordinary, usable
from grader.properties.strategies import corners, networks, shapes
from grader.revision import Revision, dump
from grader.stored import assignment_from_json
from grader.suite import count, key, measured

HOME = "the notebook's shape"
ANY = "any"

#: Of the networks beside the notebook's own shape the part that may have any shape and ordinary values.
FREE = 1 / 3

#: Networks drawn for each that is used, and numbers that all of them may hold together: fewer of large ones.
CHOICE, ROOM = 8, 1 << 23

#: Ordinary networks that say what is usual.
USUAL = 2000


class _EnoughError(Exception):
    """Ends Hypothesis's generation: nothing more is wanted of it."""


@dataclass(frozen=True, slots=True)
class Row:
    """Some networks of one corner with one number of columns."""

    name: str
    wanted: int
    columns: int
    sizes: st.SearchStrategy[Sizes]
    values: Values


def draw(assignment: Assignment) -> Revision:
    """The assignment with its networks, in order of depth, so that the student's module is made once for each."""
    choice = _choice(assignment)
    usual = islice(ordinary(assignment, assignment.seed), min(USUAL, choice * assignment.networks))
    coverage = Coverage(_described(list(usual), assignment))
    drawn: list[tuple[str, Network]] = []
    seen: set[bytes] = set()
    missing = Counter[int]()
    for number, row in enumerate(_plan(assignment)):
        # What a corner could not give, networks of any shape make up for: they come last.
        wanted = row.wanted + (missing.pop(row.columns, 0) if row.name == ANY else 0)
        pool = _examples(row, choice * wanted, assignment, number, seen)
        rows = _described(pool, assignment)
        chosen = coverage.choose(rows, [count(each.sizes) for each in pool], wanted) if pool else []
        drawn += [(row.name, pool[place]) for place in chosen]
        seen |= {key(pool[place]) for place in chosen}
        missing[row.columns] += wanted - len(chosen)
    if short := missing.total():
        message = f"only {assignment.networks - short} of {assignment.networks} different networks could be drawn"
        raise AssignmentError(f"{message} within the ranges; widen the ranges, or set networks lower")
    drawn.sort(key=lambda pair: pair[1].depth)
    suite = measured(
        [network for _, network in drawn], [name for name, _ in drawn], assignment.formulas, assignment.rtol
    )
    return Revision(assignment, suite)


def _choice(assignment: Assignment) -> int:
    """How many networks are drawn for each that is used."""
    ranges = assignment.ranges
    inputs, width, outputs, depth, columns = (
        (each.least + each.most + 1) // 2
        for each in (ranges.inputs, ranges.widths, ranges.outputs, ranges.depth, ranges.columns)
    )
    each = count((inputs, *[width] * depth, outputs)) + columns * (inputs + width * depth + outputs)
    return max(1, min(CHOICE, ROOM // (each * assignment.networks)))


def _plan(assignment: Assignment) -> Iterator[Row]:
    """What to draw: the notebook's shape first, the corners in equal shares, and networks of any shape last."""
    if assignment.home_networks:
        home = assignment.home
        # The rubric's steps are judged where there is one column: half of the batches of that shape have no more.
        alone = assignment.home_networks // 2 if home.columns > 1 and 1 in assignment.ranges.columns else 0
        for columns, wanted in ((home.columns, assignment.home_networks - alone), (1, alone)):
            if wanted:
                yield Row(HOME, wanted, columns, st.just(home.sizes), Values())
    found = corners(assignment)
    others = assignment.networks - assignment.home_networks
    share, over = divmod(others - round(FREE * others), len(found))
    number = counting()
    for place, (name, (sizes, values)) in enumerate(found.items()):
        limits = assignment.ranges.columns
        if values.special == "equal columns":
            limits = Range(max(limits.least, 2), limits.most)
        columns = Counter(_columns(limits, next(number)) for _ in range(share + (place < over)))
        for each, wanted in columns.items():
            yield Row(name, wanted, each, sizes, values)
    columns = Counter(_columns(assignment.ranges.columns, next(number)) for _ in range(round(FREE * others)))
    # A number of columns that only a corner had may have to be made up for.
    for each in {**columns, **{n: 0 for n in range(assignment.ranges.columns.least, assignment.ranges.columns.most + 1)}}:
        yield Row(ANY, columns[each], each, shapes(assignment.ranges), Values())


def _columns(limits: Range, number: int) -> int:
    """The columns of the network of that number: every second has one, for the rubric's steps are judged there."""
    if limits.least > 1 or limits.most == 1:
        return limits.least + number % (limits.most - limits.least + 1)
    # An odd stride first, so that a corner of two networks does not always get the same.
    return 1 if number % 2 else 2 + number // 2 % (limits.most - 1)


def _described(pool: Sequence[Network], assignment: Assignment) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array([describe(network, assignment.formulas) for network in pool])


def _examples(row: Row, wanted: int, assignment: Assignment, number: int, seen: set[bytes]) -> Sequence[Network]:
    """The first `wanted` usable networks that Hypothesis draws and that have not been drawn before, or fewer."""
    found: dict[bytes, Network] = {}
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
        if name not in seen and usable(network, assignment, grid=row.values.grid):
            found[name] = network
        if len(found) >= wanted:
            raise _EnoughError

    if wanted:
        with contextlib.suppress(_EnoughError):
            collect()
    return list(found.values())


def main() -> None:
    """Read an assignment as JSON, write its revision."""
    sys.stdout.buffer.write(dump(draw(assignment_from_json(sys.stdin.read()))))


if __name__ == "__main__":
    main()
