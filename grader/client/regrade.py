"""A regrade and what it would change, as a server tells them."""

from collections.abc import Mapping
from dataclasses import dataclass

from grader.client.records import Body

#: Phases in which nothing goes on by itself.
AT_REST = frozenset({"previewed", "applied", "rolled_back", "cancelled", "failed"})


@dataclass(frozen=True, slots=True)
class Counts:
    """How many submissions, unless said otherwise."""

    submissions: int
    #: Distinct sources among them: each is graded once.
    sources: int
    up: int
    down: int
    same: int
    #: By the service's own failure: they keep their marks.
    could_not_be_graded: int
    #: Left as they were: changed meanwhile, would have lost marks, or deleted.
    skipped: int
    applied: int
    rolled_back: int
    #: Not rolled back: another verdict holds by now.
    left: int
    newly_failing: Mapping[str, int]
    newly_passing: Mapping[str, int]

    @classmethod
    def read(cls, body: Body) -> "Counts":
        """From the server's JSON."""
        return cls(**{name: body[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class Regrade:
    """A regrade as it stood when the server was asked."""

    id: str
    assignment: str
    revision: str
    phase: str
    #: How much of how much is done of the step that goes on; the total is None while nobody knows.
    done: int
    total: int | None
    eta_seconds: float | None
    counts: Counts
    #: What can be asked of it now: apply, cancel, resume, rollback.
    actions: tuple[str, ...]
    #: Why it failed.
    failure: str | None
    body: Body

    @property
    def at_rest(self) -> bool:
        """Whether it waits for somebody to decide."""
        return self.phase in AT_REST

    @classmethod
    def read(cls, body: Body) -> "Regrade":
        """From the server's JSON."""
        return cls(
            id=body["id"],
            assignment=body["assignment"],
            revision=body["revision"],
            phase=body["phase"],
            done=body["progress"]["done"],
            total=body["progress"]["total"],
            eta_seconds=body["eta_seconds"],
            counts=Counts.read(body["counts"]),
            actions=tuple(body["actions"]),
            failure=body["failure"],
            body=body,
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """A verdict in short."""

    outcome: str
    score: int
    max_score: int

    @classmethod
    def read(cls, body: Body) -> "Standing":
        """From the server's JSON."""
        return cls(body["outcome"], body["score"], body["max_score"])


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a submission stood, and how it would stand by a regrade."""

    submission: str
    student: str
    filename: str
    #: `up`, `down` or `same`; None where it was not graded.
    change: str | None
    #: None for a submission that had no verdict, since it had ended as service_failed.
    before: Standing | None
    after: Standing | None
    newly_failing: tuple[str, ...]
    newly_passing: tuple[str, ...]
    #: waiting, could_not_be_graded, previewed, applied, skipped, rolled_back or left; and why.
    status: str
    reason: str | None
    body: Body

    @classmethod
    def read(cls, body: Body) -> "Comparison":
        """From the server's JSON."""
        return cls(
            submission=body["submission"],
            student=body["student"],
            filename=body["filename"],
            change=body["change"],
            before=None if body["before"] is None else Standing.read(body["before"]),
            after=None if body["after"] is None else Standing.read(body["after"]),
            newly_failing=tuple(body["newly_failing"]),
            newly_passing=tuple(body["newly_passing"]),
            status=body["status"],
            reason=body["reason"],
            body=body,
        )
