"""The records in a server's answers: the nouns of the model, with what an answer has beside them.

Unknown members are ignored. Times are seconds since 1970; `utc` makes a datetime of one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from types import MappingProxyType
from typing import Any, TypeVar, get_args, get_origin

from backmark.grader.model.course import Invitation
from backmark.grader.model.fields import NounField, Unit, noun_fields
from backmark.grader.model.messages import Note, Question
from backmark.grader.model.records import Created, Position, SubmissionSummary
from backmark.grader.model.regrades import ComparisonRecord, RegradeRecord
from backmark.grader.model.tokens import TokenRecord
from backmark.grader.model.views import GIVEN

Body = Mapping[str, Any]
Answer = TypeVar("Answer")


def reader(kind: type[Answer]) -> Callable[[Body], Answer]:
    """Return the function that reads a noun from the server's JSON; its `body`, if it has one, is all of the JSON."""
    return lambda body: _read_noun(kind, body, {"body": body})


def write(noun: Any) -> dict[str, Any]:
    """Return the JSON of what a request may set of a noun."""
    kind: Any = type(noun)
    fields = noun_fields(kind)
    return {fields[name].json: _to_json(fields[name], getattr(noun, name)) for name in GIVEN[kind]}


def write_changes(kind: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON of changes of a noun by field. Raises TypeError for a field that no request sets."""
    fields, unknown = noun_fields(kind), sorted(changes.keys() - set(GIVEN[kind]))
    if unknown:
        raise TypeError(f"{kind.__name__} has no field {', '.join(unknown)} to change; it has {', '.join(GIVEN[kind])}")
    return {fields[name].json: _to_json(fields[name], value) for name, value in changes.items()}


def utc(seconds: float) -> datetime:
    """Return a time of a record, which is in seconds since 1970, as a datetime in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def _read_noun(kind: Any, body: Body, others: Mapping[str, Any] = MappingProxyType({})) -> Any:
    fields = [field for field in noun_fields(kind).values() if not field.derived]
    values = {field.name: _from_json(field, body[field.json]) for field in fields if field.json in body}
    values |= {field.name: _read_noun(field.type, body) for field in fields if field.doc.inline}
    values |= {field.name: others[field.name] for field in fields if field.name in others}
    return kind(**values)


def _from_json(field: NounField, value: Any) -> Any:
    if value is not None and field.doc.unit is Unit.TIME:
        return datetime.fromisoformat(value).timestamp()
    return _read_value(field.type, value)


def _read_value(kind: Any, value: Any) -> Any:
    """Return a value as its type has it; of an enumeration one that this version does not know stays a text."""
    origin = get_origin(kind) or kind
    if value is None or not isinstance(origin, type):
        return value
    if is_dataclass(origin):
        return _read_noun(origin, value)
    if origin in {tuple, frozenset}:
        (item, *_) = get_args(kind)
        return origin(_read_value(item, part) for part in value)
    # Python 3.11 asks an enumeration about its members only.
    return origin(value) if issubclass(origin, Enum) and value in {member.value for member in origin} else value


def _to_json(field: NounField, value: Any) -> Any:
    return utc(value).isoformat() if value is not None and field.doc.unit is Unit.TIME else value


@dataclass(frozen=True, slots=True)
class Submission(SubmissionSummary):
    """A submission at the time of the request, with its place in the queue while it waits."""

    # Of these the answer to `submit` has none.
    attempt: int | None = None
    filename: str = ""
    size: int = 0
    #: 0 in the answer to `submit`.
    created: Created = 0.0
    queue: Position | None = None
    #: A signed link to its verdict's page, to send to the student; a path if the server has no public URL.
    link: str | None = None
    #: The result object; None if there is none yet, and in lists.
    verdict: dict[str, Any] | None = None
    #: The notes of staff and the questions about the verdict, the earliest first; none in lists, and without the scope
    #: read.
    notes: tuple[Note, ...] = ()
    questions: tuple[Question, ...] = ()
    #: The JSON of the answer.
    body: Body | None = None

    @property
    def passed(self) -> bool:
        """True if there is a verdict with the outcome *passed*."""
        return self.outcome == "passed"


@dataclass(frozen=True, slots=True)
class Token(TokenRecord):
    """A token; `secret` is set only by `create`."""

    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class InvitationLink(Invitation):
    """An invitation to the staff of a course, with its link."""

    #: The link; a path if the server was not told its address.
    url: str = ""


@dataclass(frozen=True, slots=True)
class Regrade(RegradeRecord):
    """A regrade at the time of the request; `body` is the JSON of the answer."""

    body: Body = field(kw_only=True, repr=False)

    @property
    def assignment(self) -> str:
        """The assignment whose submissions it grades."""
        return self.selection.assignment

    @property
    def revision(self) -> str:
        """The revision that it grades against."""
        return self.selection.revision

    @property
    def done(self) -> int:
        """The progress of the current step."""
        return self.progress.done

    @property
    def total(self) -> int | None:
        """The progress at which the current step is done; None while unknown."""
        return self.progress.total


@dataclass(frozen=True, slots=True)
class Comparison(ComparisonRecord):
    """The verdicts of a submission before and after a regrade; `body` is the JSON of the answer."""

    body: Body = field(kw_only=True, repr=False)
