"""Contracts with types that say so: tests look into them, as nothing above `subjects/` does."""

from dataclasses import dataclass

from grader.contracts import kinds
from grader.contracts.judging.judge import Judge
from grader.contracts.judging.revision import ContractRevision
from grader.contracts.language.assignment import ContractAssignment


@dataclass(frozen=True)
class ContractJudge(Judge):
    """A judge of a contract's revision."""

    revision: ContractRevision

    @property
    def assignment(self) -> ContractAssignment:
        """The assignment, with all of its settings."""
        return self.revision.assignment


def load_packaged(name: str) -> ContractRevision:
    """Return a contract's revision that ships with Backmark."""
    revision = kinds.load_packaged(name)
    assert isinstance(revision, ContractRevision)
    return revision
