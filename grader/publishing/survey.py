"""What an assignment draws, counted."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from grader.oracle.network import forward
from grader.subjects.networks.revision import Revision


@dataclass(frozen=True, slots=True)
class Survey:
    """How many networks of each kind a revision holds."""

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


def survey(revision: Revision) -> Survey:
    """Count a revision's networks."""
    suite, formulas = revision.suite, revision.assignment.formulas
    hidden = [[f > 0 for f in forward(network, formulas).f[:-1]] for network in suite.networks]
    return Survey(
        revision.assignment.id,
        revision.id,
        len(suite),
        len(suite.derivatives),
        int(np.isnan(suite.derivatives).sum()),
        sum(any(not layer.any() for layer in layers) for layers in hidden),
        sum(bool(layers) and all(layer.all() for layer in layers) for layers in hidden),
        dict(Counter(suite.corners)),
        _counted(len(sizes) - 2 for sizes in suite.sizes),
        _counted(width for sizes in suite.sizes for width in sizes[1:-1]),
        _counted(sizes[0] for sizes in suite.sizes),
        _counted(sizes[-1] for sizes in suite.sizes),
        _counted(suite.columns),
    )


def _counted(values: Iterable[int]) -> dict[str, int]:
    return {str(value): count for value, count in sorted(Counter(values).items())}
