"""What a server's answers hold, read into values. Members that this client does not know are passed over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from grader.model.records import Refusal, Scope, State
from grader.model.stored import read

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a waiting submission stands; 0 is next."""

    position: int
    #: Seconds until its verdict, as far as the server can say.
    estimated_seconds: float | None


@dataclass(frozen=True, slots=True)
class Submission:
    """A submission as it stood when the server was asked."""

    id: str
    state: State
    course: str
    assignment: str
    revision: str
    student: str
    #: The student's first, second... for this assignment.
    attempt: int
    filename: str
    source_sha256: str
    created: datetime | None
    started: datetime | None = None
    finished: datetime | None = None
    queue: Position | None = None
    #: The signed page of its verdict, to send to the student; a path where the server knows no address of its own.
    link: str | None = None
    superseded_by: str | None = None
    #: Why the service could not grade it.
    failure: str | None = None
    #: The regrade that gave the verdict that holds.
    regrade: str | None = None
    #: Of the verdict that holds; None where there is none (yet).
    outcome: str | None = None
    score: int | None = None
    max_score: int | None = None
    #: The result object; None where there is none (yet), and in lists.
    verdict: dict[str, Any] | None = None
    #: The answer as it came.
    body: Body | None = None

    @property
    def passed(self) -> bool:
        """Whether it has a verdict, and that is *passed*."""
        return self.outcome == "passed"

    @classmethod
    def read(cls, body: Body) -> "Submission":
        """From the server's JSON."""
        queue = body.get("queue")
        return cls(
            id=str(body["id"]),
            state=State(body["state"]),
            course=body.get("course", ""),
            assignment=body.get("assignment", ""),
            revision=body.get("revision", ""),
            student=body.get("student", ""),
            attempt=body.get("attempt", 0),
            filename=body.get("filename", ""),
            source_sha256=body.get("source_sha256", ""),
            created=when(body.get("created_at")),
            started=when(body.get("started_at")),
            finished=when(body.get("finished_at")),
            queue=None if queue is None else Position(queue["position"], queue.get("estimated_seconds")),
            link=body.get("link"),
            superseded_by=body.get("superseded_by"),
            failure=body.get("failure"),
            regrade=body.get("regrade"),
            outcome=body.get("outcome"),
            score=body.get("score"),
            max_score=body.get("max_score"),
            verdict=body.get("verdict"),
            body=body,
        )


@dataclass(frozen=True, slots=True)
class Revision:
    """An assignment with its networks: what a verdict is about."""

    id: str
    assignment: str
    title: str
    networks_sha256: str
    #: None for what ships with Backmark.
    published: datetime | None
    #: Networks drawn anew for each submission.
    fresh: int
    #: The answer as it came: the assignment's settings, and for staff how many networks see each known mistake.
    body: Body

    @classmethod
    def read(cls, body: Body) -> "Revision":
        """From the server's JSON."""
        return cls(
            body["id"],
            body["assignment"],
            body["title"],
            body["networks_sha256"],
            when(body["published_at"]),
            body["fresh"],
            body,
        )


@dataclass(frozen=True, slots=True)
class Assignment:
    """An assignment, and the revision that submissions are graded against now."""

    id: str
    title: str
    revision: Revision

    @classmethod
    def read(cls, body: Body) -> "Assignment":
        """From the server's JSON."""
        return cls(body["id"], body["title"], Revision.read(body["revision"]))


@dataclass(frozen=True, slots=True)
class Publication:
    """A request to publish an assignment: `done` with a revision, or with the reason why it was refused."""

    id: str
    state: State
    assignment: str
    #: What was published: a revision's id.
    revision: str | None
    refusal: str | None
    #: Why the service could not do it.
    failure: str | None
    body: Body
    #: The refusal in parts, with the mistakes that the networks would let pass.
    refused: Refusal | None = None

    @classmethod
    def read(cls, body: Body) -> "Publication":
        """From the server's JSON."""
        state = State(body["state"])
        return cls(
            body["id"],
            state,
            body["assignment"],
            body["revision"],
            body["refusal"],
            body["failure"],
            body,
            _refusal(body),
        )


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; `secret` only in the answer that made it."""

    id: str
    name: str
    course: str
    scopes: frozenset[Scope]
    expires: datetime | None = None
    revoked: datetime | None = None
    secret: str | None = None

    def __repr__(self) -> str:
        return f"Token(id={self.id!r}, name={self.name!r}, course={self.course!r}, scopes={sorted(self.scopes)})"

    @classmethod
    def read(cls, body: Body) -> "Token":
        """From the server's JSON."""
        return cls(
            body["id"],
            body.get("name", ""),
            body.get("course", ""),
            frozenset(Scope(each) for each in body.get("scopes", ())),
            when(body.get("expires_at")),
            when(body.get("revoked_at")),
            body.get("secret") or body.get("token"),
        )


def _refusal(body: Body) -> Refusal | None:
    """Its parts; of an earlier version's server, the sentence alone."""
    if body.get("refused") is not None:
        return read(Refusal, body["refused"])
    return None if body["refusal"] is None else Refusal(body["refusal"])


def when(text: str | None) -> datetime | None:
    """A moment as RFC 3339 writes it."""
    return None if text is None else datetime.fromisoformat(text)
