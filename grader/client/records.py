"""The records in a server's answers. Unknown members are ignored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar, get_origin

from backmark.grader.model import stored
from backmark.grader.model.fields import NounField, Unit, noun_fields
from backmark.grader.model.records import Refusal, Scope, State
from backmark.grader.model.views import GIVEN

Body = Mapping[str, Any]
Answer = TypeVar("Answer")

_CREATED, _STARTED, _FINISHED, _PUBLISHED, _EXPIRES, _REVOKED = (
    {"json": f"{verb}_at"} for verb in ("created", "started", "finished", "published", "expires", "revoked")
)


def read(kind: type[Answer], body: Body, **other: Any) -> Answer:
    """Return a record from the server's JSON, with these members instead of those; its `body` is all of the JSON."""
    return stored.read(kind, {**body, "body": body, **other})


def reader(kind: type[Answer]) -> Callable[[Body], Answer]:
    """Return the function that reads a noun of the model from the server's JSON; its times are seconds since 1970."""
    return lambda body: _read_noun(kind, body)


def write(noun: Any) -> dict[str, Any]:
    """Return the JSON of what a request may set of a noun."""
    kind: Any = type(noun)
    fields = noun_fields(kind)
    return {fields[name].json: _to_json(fields[name], getattr(noun, name)) for name in GIVEN[kind]}


def utc(seconds: float) -> datetime:
    """Return a time of a record, which is in seconds since 1970, as a datetime in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def _read_noun(kind: Any, body: Body) -> Any:
    values = {
        field.name: _from_json(field, body[field.json]) for field in noun_fields(kind).values() if field.json in body
    }
    return kind(**values)


def _from_json(field: NounField, value: Any) -> Any:
    if value is None:
        return None
    if field.doc.unit is Unit.TIME:
        return datetime.fromisoformat(value).timestamp()
    if is_dataclass(field.type):
        return _read_noun(field.type, value)
    kind = get_origin(field.type) or field.type
    return kind(value) if kind in {tuple, frozenset} or issubclass(kind, Enum) else value


def _to_json(field: NounField, value: Any) -> Any:
    return utc(value).isoformat() if value is not None and field.doc.unit is Unit.TIME else value


@dataclass(frozen=True, slots=True)
class Position:
    """The place of a waiting submission in its queue; 0 is next."""

    position: int
    #: Estimated seconds until its verdict, or None if unknown.
    estimated_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """A submission at the time of the request."""

    id: str
    state: State
    course: str = ""
    assignment: str = ""
    revision: str = ""
    student: str = ""
    #: The number of the student's attempt at this assignment, from 1; None if it is no attempt, such as a refused file.
    attempt: int | None = None
    filename: str = ""
    source_sha256: str = ""
    created: datetime | None = field(default=None, metadata=_CREATED)
    started: datetime | None = field(default=None, metadata=_STARTED)
    finished: datetime | None = field(default=None, metadata=_FINISHED)
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
    #: The version of Backmark and its engine that reached it; None if the server does not know.
    engine: str | None = None
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
        return read(cls, body)


@dataclass(frozen=True, slots=True)
class Revision:
    """An assignment with its cases, as a verdict refers to it."""

    id: str
    assignment: str
    title: str
    networks_sha256: str
    #: None if it ships with Backmark.
    published: datetime | None = field(metadata=_PUBLISHED)
    #: The number of cases from a secret pool, different for each group of students.
    fresh: int
    #: The JSON of the answer, with the assignment's settings, and for staff the detected mistakes.
    body: Body

    @classmethod
    def read(cls, body: Body) -> "Revision":
        """Return a revision from the server's JSON."""
        return read(cls, body)


@dataclass(frozen=True, slots=True)
class Assignment:
    """An assignment with its current revision, which new submissions are graded against."""

    id: str
    title: str
    revision: Revision

    @classmethod
    def read(cls, body: Body) -> "Assignment":
        """Return an assignment from the server's JSON."""
        return read(cls, body, revision={**body["revision"], "body": body["revision"]})


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
        """Return a publication from the server's JSON; a server of an earlier version sends the sentence alone."""
        sentence = None if body["refusal"] is None else {"says": body["refusal"]}
        return read(cls, body, refused=body.get("refused") or sentence)


@dataclass(frozen=True, slots=True)
class Token:
    """A token; `secret` is set only by `create`."""

    id: str
    name: str = ""
    course: str = ""
    scopes: frozenset[Scope] = frozenset()
    expires: datetime | None = field(default=None, metadata=_EXPIRES)
    revoked: datetime | None = field(default=None, metadata=_REVOKED)
    secret: str | None = None

    def __repr__(self) -> str:
        return f"Token(id={self.id!r}, name={self.name!r}, course={self.course!r}, scopes={sorted(self.scopes)})"

    @classmethod
    def read(cls, body: Body) -> "Token":
        """Return a token from the server's JSON."""
        return read(cls, body, secret=body.get("secret") or body.get("token"))
