"""Layered networks with types that say so: tests look into them, as nothing above `subjects/` does."""

from dataclasses import dataclass

from grader.judge.judge import Judge
from grader.subjects import kinds
from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.revision import NetworksRevision


@dataclass(frozen=True)
class NetworksJudge(Judge):
    """A judge of a revision of networks."""

    revision: NetworksRevision

    @property
    def assignment(self) -> Assignment:
        """The assignment, with all of its settings."""
        return self.revision.assignment


def load_packaged(name: str) -> NetworksRevision:
    """A revision of networks that ships with Backmark."""
    revision = kinds.load_packaged(name)
    assert isinstance(revision, NetworksRevision)
    return revision
