"""Layered networks with types that say so: tests look into them, as nothing above `subjects/` does."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.judge.judge import Judge
from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.diagnosis.diagnoser import Diagnoser
from grader.subjects.networks.explanation import Explanation
from grader.subjects.networks.revision import NetworksRevision, load
from grader.subjects.networks.subject import Networks

#: The folder of what shipped as layered networks.
LAYERED = Path(__file__).parent / "layered"


@dataclass(frozen=True)
class NetworksJudge(Judge):
    """A judge of a revision of networks."""

    revision: NetworksRevision

    @property
    def assignment(self) -> Assignment:
        """The assignment, with all of its settings."""
        return self.revision.assignment


def load_layered() -> NetworksRevision:
    """`udl-7.2` as layered networks, which shipped with earlier versions."""
    return load((LAYERED / "udl-7.2.npz").read_bytes())


def leave_out_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge without facts about lines, on which no mark and no counterexample depends; they take most of the time."""
    monkeypatch.setattr(Diagnoser, "add_facts", lambda *_: ())


def leave_out_explanations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge without facts about lines and without explanations, on which few marks depend."""
    leave_out_facts(monkeypatch)
    monkeypatch.setattr(Networks, "_explain", lambda *_: Explanation())
