"""Layered networks with types that say so: tests look into them, as nothing above `subjects/` does."""

from dataclasses import dataclass

import pytest

from grader.judge.judge import Judge
from grader.subjects import kinds
from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.diagnosis.diagnoser import Diagnoser
from grader.subjects.networks.explanation import Explanation
from grader.subjects.networks.revision import NetworksRevision
from grader.subjects.networks.subject import Networks


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


def leave_out_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge without facts about lines, on which no mark and no counterexample depends; they take most of the time."""
    monkeypatch.setattr(Diagnoser, "add_facts", lambda *_: ())


def leave_out_explanations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge without facts about lines and without explanations, on which few marks depend."""
    leave_out_facts(monkeypatch)
    monkeypatch.setattr(Networks, "_explain", lambda *_: Explanation())
