"""Draws an assignment's networks with Hypothesis; run as a process of its own.

    python -m grader.properties.drawing <assignment.json >networks.npz

A seed alone does not fix what Hypothesis draws: it mixes in constants of the local modules that happen to be imported.
A process that imports only this much draws alike for the same versions, and what it drew is stored as data.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace

import hypothesis
import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from grader.errors import AssignmentError
from grader.model import Assignment, Loss
from grader.oracle.network import Network, forward
from grader.oracle.reference import loss_derivative
from grader.properties.building import Sizes, Values
from grader.properties.strategies import LARGEST_LOGIT, corners, networks
from grader.revision import Revision, dump
from grader.stored import assignment_from_json
from grader.suite import key, measured

HOME = "the notebook's shape"


def draw(assignment: Assignment) -> Revision:
    """The assignment with its networks, in order of depth, so that the student's module is made once for each."""
    drawn: list[tuple[str, Network]] = []
    seen: set[bytes] = set()
    for number, (name, wanted, sizes, values) in enumerate(_plan(assignment)):
        columns = assignment.ranges.columns
        # One column is always drawn as well: the rubric's steps are judged there.
        several = wanted // 2 if columns.most > 1 and name != HOME else 0
        for count, least in ((several, columns.most), (wanted - several, 1)):
            strategy = networks(sizes, least, assignment.formulas, replace(values, salt=number))
            drawn += [(name, each) for each in _examples(strategy, count, assignment, number, seen)]
    drawn.sort(key=lambda pair: pair[1].depth)
    suite = measured(
        [network for _, network in drawn], [name for name, _ in drawn], assignment.formulas, assignment.rtol
    )
    return Revision(assignment, suite)


def _plan(assignment: Assignment) -> list[tuple[str, int, st.SearchStrategy[Sizes], Values]]:
    """Name, how many, sizes and values: the notebook's shape first, the rest in equal shares."""
    found = corners(assignment)
    share, over = divmod(assignment.networks - assignment.home_networks, len(found))
    rows: list[tuple[str, int, st.SearchStrategy[Sizes], Values]] = []
    if assignment.home_networks:
        rows.append((HOME, assignment.home_networks, st.just(assignment.home.sizes), Values()))
    for place, (name, (sizes, values)) in enumerate(found.items()):
        rows.append((name, share + (place < over), sizes, values))
    return rows


def _examples(
    strategy: st.SearchStrategy[Network], count: int, assignment: Assignment, number: int, seen: set[bytes]
) -> Sequence[Network]:
    """The first `count` usable networks that Hypothesis draws and that have not been drawn before."""
    found: list[Network] = []

    @hypothesis.seed(assignment.seed * 1000 + number)
    @settings(
        max_examples=4 * count + 20,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(network: Network) -> None:
        if len(found) < count and key(network) not in seen and _usable(network, assignment):
            seen.add(key(network))
            found.append(network)

    if count:
        collect()
    if len(found) < count:
        message = f"only {len(found)} of {count} networks could be drawn within the ranges; widen them"
        raise AssignmentError(message)
    return found


def _usable(network: Network, assignment: Assignment) -> bool:
    """No unit on its kink, no saturated logit, and no output that is right already: its derivatives are all zero."""
    f = forward(network, assignment.formulas).f
    if assignment.formulas.loss is not Loss.LEAST_SQUARES and np.abs(f[-1]).max() > LARGEST_LOGIT:
        return False
    if not loss_derivative(f[-1], network.y, assignment.formulas.loss).any():
        return False
    return all(bool(np.all(layer != 0)) for layer in f[:-1])


def main() -> None:
    """Read an assignment as JSON, write its revision."""
    sys.stdout.buffer.write(dump(draw(assignment_from_json(sys.stdin.read()))))


if __name__ == "__main__":
    main()
