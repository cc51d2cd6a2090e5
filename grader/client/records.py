"""The records in a server's answers. Unknown members are ignored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from grader.model.records import Refusal, Scope, State
from grader.model.stored import read

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Position:
    """The place of a waiting submission in its queue; 0 is next."""

    position: int
    #: Estimated seconds until its verdict, or None if unknown.
    estimated_seconds: float | None


@dataclass(frozen=True, slots=True)
class Submission:
    """A submission at the time of the request."""

    id: str
    state: State
    course: str
    assignment: str
    revision: str
    student: str
    #: The number of the student's attempt at this assignment, from 1.
    attempt: int
    filename: str
    source_sha256: str
    created: datetime | None
    started: datetime | None = None
    finished: datetime | None = None
    queue: Position | None = None
    #: A signed link to its verdict's page, to send to the student; a path if the server has no public URL.
    link: str | None = None
    superseded_by: str | None = None
    #: Why the service could not grade it.
    failure: str | None = None
    #: The regrade that produced the current verdict.
    regrade: str | None = None
    #: Outcome and marks of the current verdict; None if there is none yet.
    outcome: str | None = None
    score: int | None = None
    max_score: int | None = None
    #: The result object; None if there is none yet, and in lists.
    verdict: dict[str, Any] | None = None
    #: The JSON of the answer.
    body: Body | None = None

    @property
    def passed(self) -> bool:
        """True if there is a verdict with the outcome *passed*."""
        return self.outcome == "passed"

    @classmethod
    def read(cls, body: Body) -> "Submission":
        """Return a submission from the server's JSON."""
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
            created=parse_time(body.get("created_at")),
            started=parse_time(body.get("started_at")),
            finished=parse_time(body.get("finished_at")),
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
    """An assignment with its networks, as a verdict refers to it."""

    id: str
    assignment: str
    title: str
    networks_sha256: str
    #: None if it ships with Backmark.
    published: datetime | None
    #: The number of networks from a secret pool, different for each group of students.
    fresh: int
    #: The JSON of the answer, with the assignment's settings, and for staff the detected mistakes.
    body: Body

    @classmethod
    def read(cls, body: Body) -> "Revision":
        """Return a revision from the server's JSON."""
        return cls(
            body["id"],
            body["assignment"],
            body["title"],
            body["networks_sha256"],
            parse_time(body["published_at"]),
            body["fresh"],
            body,
        )


@dataclass(frozen=True, slots=True)
class Assignment:
    """An assignment with its current revision, which new submissions are graded against."""

    id: str
    title: str
    revision: Revision

    @classmethod
    def read(cls, body: Body) -> "Assignment":
        """Return an assignment from the server's JSON."""
        return cls(body["id"], body["title"], Revision.read(body["revision"]))


@dataclass(frozen=True, slots=True)
class Publication:
    """A request to publish an assignment; once `done`, it has a revision or a refusal."""

    id: str
    state: State
    assignment: str
    #: The id of the published revision.
    revision: str | None
    refusal: str | None
    #: Why the service could not publish it.
    failure: str | None
    body: Body
    #: The refusal in parts, with the mistakes that no network detects.
    refused: Refusal | None = None

    @classmethod
    def read(cls, body: Body) -> "Publication":
        """Return a publication from the server's JSON."""
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
    """A token; `secret` is set only by `create`."""

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
        """Return a token from the server's JSON."""
        return cls(
            body["id"],
            body.get("name", ""),
            body.get("course", ""),
            frozenset(Scope(scope) for scope in body.get("scopes", ())),
            parse_time(body.get("expires_at")),
            parse_time(body.get("revoked_at")),
            body.get("secret") or body.get("token"),
        )


def _refusal(body: Body) -> Refusal | None:
    """Return the refusal; a server of an earlier version sends only the sentence."""
    if body.get("refused") is not None:
        return read(Refusal, body["refused"])
    return None if body["refusal"] is None else Refusal(body["refusal"])


def parse_time(text: str | None) -> datetime | None:
    """Return the time of an RFC 3339 text, or None."""
    return None if text is None else datetime.fromisoformat(text)
