"""The figures of an assignment's networks: for staff on a page, and for the command `networks`."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from grader.model.formulas import Formulas
from grader.model.records import CaughtMistake
from grader.model.survey import Survey
from grader.oracle.network import forward
from grader.oracle.suite import Suite
from grader.subjects.networks.assignment import Assignment


@dataclass(frozen=True, slots=True)
class NetworkCounts:
    """The figures of the networks that an assignment draws."""

    assignment: str
    revision: str
    networks: int
    derivatives: int
    inconclusive: int
    #: Networks with a hidden layer none of whose units is active on any column, and with all units active.
    dead_layers: int
    all_active: int
    corners: dict[str, int]
    depth: dict[str, int]
    widths: dict[str, int]
    inputs: dict[str, int]
    outputs: dict[str, int]
    columns: dict[str, int]


def survey(assignment: Assignment, revision: str, suite: Suite) -> NetworkCounts:
    """Count the networks of a revision, given by its id."""
    return NetworkCounts(assignment.id, revision, **counts(suite, assignment.formulas))


def describe(figures: NetworkCounts) -> Survey:
    """Return the figures for the author of the assignment."""
    return Survey(
        asdict(figures),
        (
            f"{figures.assignment}, revision {figures.revision}: {figures.networks} networks",
            (
                f"{figures.derivatives:,} derivatives, {figures.inconclusive} inconclusive;"
                f" {figures.dead_layers} networks with a dead layer, {figures.all_active} with all units active"
            ),
        ),
        (
            ("drawn for", figures.corners),
            ("hidden layers", figures.depth),
            ("hidden widths", figures.widths),
            ("inputs", figures.inputs),
            ("outputs", figures.outputs),
            ("columns", figures.columns),
        ),
    )


def summary(suite: Suite, formulas: Formulas, mistakes: Sequence[CaughtMistake]) -> dict[str, Any]:
    """The networks counted, with the mistakes that the networks catch and a network of each corner."""
    return {
        **counts(suite, formulas),
        "mistakes": [asdict(mistake) for mistake in mistakes],
        "examples": _examples(suite),
    }


def counts(suite: Suite, formulas: Formulas) -> dict[str, Any]:
    """The number of networks of each kind."""
    hidden = [[f > 0 for f in forward(network, formulas).f[:-1]] for network in suite.networks]
    return {
        "networks": len(suite),
        "derivatives": len(suite.derivatives),
        "inconclusive": int(np.isnan(suite.derivatives).sum()),
        "dead_layers": sum(any(not layer.any() for layer in layers) for layers in hidden),
        "all_active": sum(bool(layers) and all(layer.all() for layer in layers) for layers in hidden),
        "corners": dict(Counter(suite.corners)),
        "depth": _count_values(len(sizes) - 2 for sizes in suite.sizes),
        "widths": _count_values(width for sizes in suite.sizes for width in sizes[1:-1]),
        "inputs": _count_values(sizes[0] for sizes in suite.sizes),
        "outputs": _count_values(sizes[-1] for sizes in suite.sizes),
        "columns": _count_values(suite.columns),
    }


def _examples(suite: Suite) -> list[dict[str, Any]]:
    """The sizes of the median network of each corner."""
    sizes_of: dict[str, list[tuple[int, ...]]] = {}
    for corner, sizes in zip(suite.corners, suite.sizes, strict=True):
        sizes_of.setdefault(corner, []).append(sizes)
    return [
        {"corner": corner, "sizes": sorted(shapes, key=lambda sizes: (sum(sizes), sizes))[len(shapes) // 2]}
        for corner, shapes in sizes_of.items()
    ]


def _count_values(values: Iterable[int]) -> dict[str, int]:
    return {str(value): count for value, count in sorted(Counter(values).items())}
