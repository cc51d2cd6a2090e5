"""The figures of the networks that an assignment draws."""

from dataclasses import dataclass

from grader.subjects.networks.revision import NetworksRevision
from grader.subjects.networks.summary import counts


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


def survey(revision: NetworksRevision) -> Survey:
    """Count a revision's networks."""
    counted = counts(revision.suite, revision.assignment.formulas)
    return Survey(revision.assignment.id, revision.id, **counted)
