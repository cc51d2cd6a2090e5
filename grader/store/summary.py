"""Summaries of verdicts, and the changes from one verdict to another."""

import json
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.regrades import Change, VerdictBrief
from backmark.grader.model.verdict import Mark, Verdict


@dataclass(frozen=True, slots=True)
class VerdictSummary:
    """A verdict in brief. Revisions may differ in their marks, so comparisons use the share of the marks.

    An empty outcome stands for no verdict: the submission ended as service_failed. Any verdict but a refusal ranks
    above none.
    """

    outcome: str
    score: int
    max_score: int
    #: The names of the properties that failed, and of those that passed if known.
    failing: tuple[str, ...] = ()
    passing: tuple[str, ...] = ()
    #: Ids of mistakes, each with its title, which is empty if unknown.
    mistakes: tuple[tuple[str, str], ...] = ()
    #: The version of the engine that reached it; empty if unknown.
    engine: str = ""
    #: Of the code that was graded; empty if unknown.
    fingerprint: str = ""

    @classmethod
    def of(cls, verdict: Verdict) -> "VerdictSummary":
        """Return the summary of a verdict."""
        named = {
            mark: tuple(row.name for row in verdict.properties if row.outcome is mark)
            for mark in (Mark.FAILED, Mark.PASSED)
        }
        return cls(
            verdict.outcome,
            verdict.score or 0,
            verdict.max_score,
            named[Mark.FAILED],
            named[Mark.PASSED],
            tuple((mistake.id, mistake.title) for mistake in verdict.mistakes),
            verdict.engine or "",
            verdict.fingerprint,
        )

    @classmethod
    def read(cls, written: list[Any]) -> "VerdictSummary":
        """Return a summary from the list of `write`, of this or another version: new fields go at the end."""
        return cls(*map(_read_field, written[: len(fields(cls))]))

    def write(self) -> list[Any]:
        """Return the summary for JSON."""
        rows = [self.failing, self.passing, self.mistakes]
        return [self.outcome, self.score, self.max_score, *rows, self.engine, self.fingerprint]

    def summary(self) -> dict[str, Any]:
        """Return the fields that the functions store with a submission."""
        return {
            "outcome": self.outcome,
            "score": self.score,
            "max_score": self.max_score,
            "failing": json.dumps(self.failing),
            "mistakes": " ".join(mistake for mistake, _ in self.mistakes),
            "engine": self.engine,
            "fingerprint": self.fingerprint,
            "titles": {mistake: title for mistake, title in self.mistakes if title},
        }

    @property
    def graded(self) -> bool:
        """True if there is a verdict."""
        return self.outcome != ""

    @property
    def refused(self) -> bool:
        """True if the file was refused before it ran: it is no attempt and has no mark."""
        return self.outcome == Outcome.REJECTED

    @property
    def brief(self) -> VerdictBrief | None:
        """The verdict as reports have it; None if there is none."""
        if not self.graded:
            return None
        score, most = (None, None) if self.refused else (self.score, self.max_score)
        return VerdictBrief(Outcome(self.outcome), score, most, self.failing)

    @property
    def share(self) -> float:
        """The share of the marks; where there are none to have, all for a pass."""
        return self.score / self.max_score if self.max_score else float(self.outcome == Outcome.PASSED)

    @property
    def rank(self) -> tuple[Fraction, bool]:
        """The rank for comparison: by marks, then a verdict that passed ranks higher. A refused file has no marks."""
        if not self.graded or self.refused:
            return Fraction(-1), False
        share = Fraction(self.score, self.max_score) if self.max_score else Fraction(0)
        return share, self.outcome == Outcome.PASSED

    def change(self, after: "VerdictSummary") -> Change:
        """Return the change of the marks if `after` replaced this verdict."""
        if self.rank == after.rank:
            return Change.SAME
        return Change.UP if after.rank > self.rank else Change.DOWN

    def newly_failing(self, after: "VerdictSummary") -> tuple[str, ...]:
        """Return the properties that fail in `after` and did not before; none without a verdict to compare with."""
        if not self.graded:
            return ()
        return tuple(name for name in after.failing if name not in self.failing)

    def newly_passing(self, after: "VerdictSummary") -> tuple[str, ...]:
        """Return the properties that pass in `after` and failed before."""
        return tuple(name for name in after.passing if name in self.failing)


def _read_field(written: Any) -> Any:
    """Return a field with tuples for lists, without `stored.read`: a regrade reads thousands."""
    return tuple(map(_read_field, written)) if isinstance(written, list) else written
