"""How a submission stands by a verdict, and what another verdict would change."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from fractions import Fraction
from typing import Any

from grader.model.stored import read
from grader.model.verdict import Mark, Outcome

#: Between the ids of two mistakes at once.
_BOTH = "+"


class Change(StrEnum):
    """What becomes of a submission's marks."""

    UP = "up"
    DOWN = "down"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Standing:
    """A verdict in short. Revisions may differ in their marks: what is compared is the share of them that was given.

    Without an outcome there is no verdict: the submission ended as service_failed. Any verdict is better than none.
    """

    outcome: str
    score: int
    max_score: int
    #: Names of the properties that failed, and of those that passed where it is known.
    failing: tuple[str, ...] = ()
    passing: tuple[str, ...] = ()
    #: Each with its title, which is empty where it is not known.
    mistakes: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, verdict: Mapping[str, Any]) -> "Standing":
        """A result object's."""
        named = {
            mark: tuple(row["name"] for row in verdict["properties"] if row["outcome"] == mark)
            for mark in (Mark.FAILED, Mark.PASSED)
        }
        return cls(
            verdict["outcome"],
            verdict["score"],
            verdict["max_score"],
            named[Mark.FAILED],
            named[Mark.PASSED],
            _mistakes(verdict),
        )

    @classmethod
    def read(cls, written: list[Any]) -> "Standing":
        """What `write` made, in this or another version: new fields stand at the end."""
        return read(cls, dict(zip((field.name for field in fields(cls)), written, strict=False)))

    def write(self) -> list[Any]:
        """For JSON."""
        return [self.outcome, self.score, self.max_score, self.failing, self.passing, self.mistakes]

    def summary(self) -> dict[str, Any]:
        """As it stands beside a submission, for the scripts."""
        return {
            "outcome": self.outcome,
            "score": self.score,
            "max_score": self.max_score,
            "failing": json.dumps(self.failing),
            "mistakes": self.mistakes,
        }

    @property
    def graded(self) -> bool:
        """Whether there is a verdict."""
        return self.outcome != ""

    @property
    def rank(self) -> tuple[Fraction, bool]:
        """What is better is greater: more marks; with as many, one that passed."""
        if not self.graded:
            return Fraction(-1), False
        share = Fraction(self.score, self.max_score) if self.max_score else Fraction(0)
        return share, self.outcome == Outcome.PASSED

    def change(self, after: "Standing") -> Change:
        """What `after` in its place would be."""
        if self.rank == after.rank:
            return Change.SAME
        return Change.UP if after.rank > self.rank else Change.DOWN

    def newly_failing(self, after: "Standing") -> tuple[str, ...]:
        """Properties that fail by `after` and did not; none if there was no verdict to compare with."""
        if not self.graded:
            return ()
        return tuple(name for name in after.failing if name not in self.failing)

    def newly_passing(self, after: "Standing") -> tuple[str, ...]:
        """Properties that pass by `after` and failed."""
        return tuple(name for name in after.passing if name in self.failing)


def _mistakes(verdict: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Those of its best explanation, each with its title as a sentence."""
    best = next(iter(verdict.get("diagnosis", ())), None)
    if best is None:
        return ()
    if mistakes := best.get("mistakes"):
        return tuple((each["id"], f"It {each['title']}.") for each in mistakes)
    # Earlier versions have one sentence for all of them: of two, it is neither's title.
    ids = best["id"].split(_BOTH)
    return ((ids[0], best["title"]),) if len(ids) == 1 else tuple((each, "") for each in ids)
