"""A row for each of many submissions, as a terminal lists and counts them."""

from dataclasses import dataclass

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class TallyRow:
    """A submission in a list of many."""

    name: str
    #: None if Backmark itself raised.
    outcome: Outcome | None
    score: int = 0
    max_score: int = 0
    #: The titles of the rows that its lines to change cost, or of the mistakes that explain it.
    mistakes: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, verdict: Verdict) -> "TallyRow":
        """Return the row of a verdict; a refused file has no marks."""
        if verdict.outcome is Outcome.REJECTED:
            return cls(name, verdict.outcome)
        titles = tuple(mistake.title for mistake in verdict.mistakes if mistake.title)
        return cls(name, verdict.outcome, verdict.score or 0, verdict.max_score, titles)
