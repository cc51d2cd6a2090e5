"""How a submission stands by a verdict, and what another verdict would change."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from grader.model import Mark, Outcome


class Change(StrEnum):
    """What becomes of a submission's marks."""

    UP = "up"
    DOWN = "down"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Standing:
    """A verdict in short. Revisions may differ in their marks: what is compared is the share of them that was given."""

    outcome: str
    score: int
    max_score: int
    #: Names of the properties that failed, and of those that passed where it is known.
    failing: tuple[str, ...] = ()
    passing: tuple[str, ...] = ()

    @classmethod
    def of(cls, verdict: Mapping[str, Any]) -> "Standing":
        """A result object's."""
        named = {
            mark: tuple(row["name"] for row in verdict["properties"] if row["outcome"] == mark)
            for mark in (Mark.FAILED, Mark.PASSED)
        }
        return cls(verdict["outcome"], verdict["score"], verdict["max_score"], named[Mark.FAILED], named[Mark.PASSED])

    @classmethod
    def read(cls, written: list[Any]) -> "Standing":
        """What `write` made."""
        outcome, score, max_score, failing, passing = written
        return cls(outcome, score, max_score, tuple(failing), tuple(passing))

    def write(self) -> list[Any]:
        """For JSON."""
        return [self.outcome, self.score, self.max_score, self.failing, self.passing]

    def summary(self) -> dict[str, str | int]:
        """As it stands beside a submission."""
        return {
            "outcome": self.outcome,
            "score": self.score,
            "max_score": self.max_score,
            "failing": json.dumps(self.failing),
        }

    @property
    def rank(self) -> tuple[Fraction, bool]:
        """What is better is greater: more marks; with as many, one that passed."""
        share = Fraction(self.score, self.max_score) if self.max_score else Fraction(0)
        return share, self.outcome == Outcome.PASSED

    def change(self, after: "Standing") -> Change:
        """What `after` in its place would be."""
        if self.rank == after.rank:
            return Change.SAME
        return Change.UP if after.rank > self.rank else Change.DOWN

    def newly_failing(self, after: "Standing") -> tuple[str, ...]:
        """Properties that fail by `after` and did not."""
        return tuple(name for name in after.failing if name not in self.failing)

    def newly_passing(self, after: "Standing") -> tuple[str, ...]:
        """Properties that pass by `after` and failed."""
        return tuple(name for name in after.passing if name in self.failing)
