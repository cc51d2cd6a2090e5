"""Measured networks from seeds, without Hypothesis: one of every seed, of any shape within the ranges."""

from collections.abc import Iterable

import numpy as np

from grader.oracle.network import Network
from grader.oracle.suite import Suite, count, measure
from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.building import Values, build, dyadic


def network(seed: int, assignment: Assignment, columns: int = 1, values: Values | None = None) -> Network:
    """A network of any shape within the ranges."""
    rng = np.random.default_rng(seed)
    ranges = assignment.ranges
    widths = rng.integers(ranges.widths.least, ranges.widths.most + 1, rng.integers(0, ranges.depth.most + 1))
    sizes = (
        int(rng.integers(ranges.inputs.least, ranges.inputs.most + 1)),
        *(int(width) for width in widths),
        int(rng.integers(ranges.outputs.least, ranges.outputs.most + 1)),
    )
    entries = count(sizes) + (sizes[0] + sizes[-1]) * columns
    numbers = dyadic(rng.integers(0, 256, entries))
    return build(
        sizes, columns, numbers, assignment.formulas, values or Values(size=float(rng.choice([1 / 16, 1, 16])))
    )


def measure_seeded(assignment: Assignment, seeds: Iterable[int], values: Values | None = None) -> Suite:
    """One measured network for each seed; by default now and then with small or large inputs."""
    networks = [network(seed, assignment, values=values) for seed in seeds]
    return measure(networks, ["seeded"] * len(networks), assignment.formulas, assignment.rtol)
