"""The records of a regrade and of the changes that it makes."""

from collections.abc import Mapping
from dataclasses import dataclass

from backmark.grader.client.records import Body, read

#: Phases in which nothing happens until someone decides.
AT_REST = frozenset({"previewed", "applied", "rolled_back", "cancelled", "failed"})


@dataclass(frozen=True, slots=True)
class RegradeTally:
    """The numbers of submissions, unless stated otherwise."""

    submissions: int
    #: The number of distinct sources; each is graded once.
    sources: int
    up: int
    down: int
    same: int
    #: The service failed to grade them, and they keep their marks.
    could_not_be_graded: int
    #: Left as they were: changed since the preview, would have lost marks, or deleted.
    skipped: int
    applied: int
    rolled_back: int
    #: Not rolled back, because another verdict has replaced this regrade's.
    left: int
    newly_failing: Mapping[str, int]
    newly_passing: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Regrade:
    """A regrade at the time of the request."""

    id: str
    assignment: str
    revision: str
    phase: str
    #: The progress of the current step; the total is None while unknown.
    done: int
    total: int | None
    eta_seconds: float | None
    counts: RegradeTally
    #: The possible actions: apply, cancel, resume, rollback.
    actions: tuple[str, ...]
    #: Why it failed.
    failure: str | None
    body: Body

    @property
    def at_rest(self) -> bool:
        """True if nothing happens until someone decides."""
        return self.phase in AT_REST

    @classmethod
    def read(cls, body: Body) -> "Regrade":
        """Return a regrade from the server's JSON."""
        progress = body["progress"]
        return read(cls, body, done=progress["done"], total=progress["total"])


@dataclass(frozen=True, slots=True)
class VerdictBrief:
    """A verdict in brief."""

    outcome: str
    #: None for a file that was refused before it ran.
    score: int | None
    max_score: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdicts of a submission before and after a regrade."""

    submission: str
    student: str
    filename: str
    #: `up`, `down` or `same`; None if it was not graded.
    change: str | None
    #: None if the submission had no verdict because it ended as service_failed.
    before: VerdictBrief | None
    after: VerdictBrief | None
    newly_failing: tuple[str, ...]
    newly_passing: tuple[str, ...]
    #: waiting, could_not_be_graded, previewed, applied, skipped, rolled_back or left; and why.
    status: str
    reason: str | None
    body: Body

    @classmethod
    def read(cls, body: Body) -> "Comparison":
        """Return a comparison from the server's JSON."""
        return read(cls, body)
