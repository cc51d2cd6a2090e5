"""Every way in which a request can fail, each with a type that stays: RFC 9457, documented in docs/errors.md."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Response, json

#: Seconds after which a request that met a store or server in trouble is worth another try.
TRY_AGAIN = 2
#: Seconds after which there may be room in a storage that is full: somebody has to make it.
MAKE_ROOM = 600


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its type is the path /problems/<slug>, where it is explained."""

    slug: str
    status: HTTPStatus
    title: str
    #: What happened, and what the sender can do, in words for a person.
    meaning: str

    @property
    def type(self) -> str:
        """What a program compares."""
        return f"/problems/{self.slug}"


MALFORMED = Kind(
    "malformed",
    HTTPStatus.BAD_REQUEST,
    "The request cannot be read",
    "The body is not JSON, or not multipart, or breaks off. Nothing was done. Mend the body.",
)
KEY_MISSING = Kind(
    "idempotency-key-missing",
    HTTPStatus.BAD_REQUEST,
    "An Idempotency-Key is required",
    "This server accepts nothing without the header Idempotency-Key. Send one that is new for each thing you ask for, "
    "and the same one when you ask again for the same.",
)
STALE_FORM = Kind(
    "stale-form",
    HTTPStatus.BAD_REQUEST,
    "The form is too old",
    "A page's form came without what proves that it is ours, or after its session had ended. Nothing was done. Load "
    "the page again, and send it again.",
)
UNAUTHENTICATED = Kind(
    "unauthenticated",
    HTTPStatus.UNAUTHORIZED,
    "No valid token",
    "The header Authorization: Bearer is missing, or its token is unknown, expired or revoked. Ask for a new token.",
)
FORBIDDEN = Kind(
    "forbidden",
    HTTPStatus.FORBIDDEN,
    "The token does not allow this",
    "The token is valid, but lacks the required scope; the detail names it.",
)
NOT_FOUND = Kind(
    "not-found",
    HTTPStatus.NOT_FOUND,
    "Not found",
    "Nothing stands at this address, or it belongs to a course that your token does not see, or it was deleted.",
)
UNKNOWN_ASSIGNMENT = Kind(
    "unknown-assignment",
    HTTPStatus.NOT_FOUND,
    "There is no such assignment",
    "The course has no assignment of that id. List the assignments, or publish it first.",
)
METHOD_NOT_ALLOWED = Kind(
    "method-not-allowed",
    HTTPStatus.METHOD_NOT_ALLOWED,
    "Not by this method",
    "The address exists, but not for this method; the header Allow lists those that it has.",
)
NOT_ACCEPTABLE = Kind(
    "not-acceptable",
    HTTPStatus.NOT_ACCEPTABLE,
    "Not in this form",
    "The header Accept names no form that this can be had in. Leave it out, or name one that the documentation lists.",
)
CONFLICT = Kind(
    "conflict",
    HTTPStatus.CONFLICT,
    "Not in this state",
    "What you ask for does not fit the state that the thing is in; the detail names both. Read it again.",
)
NO_VERDICT = Kind(
    "no-verdict",
    HTTPStatus.CONFLICT,
    "There is no verdict",
    "A result was asked for in another form, but the submission is not graded yet, or ended without a verdict. "
    "While it is waiting or running, Retry-After says when to look again.",
)
LINK_ENDED = Kind(
    "link-ended",
    HTTPStatus.GONE,
    "This link has ended",
    "A signed link holds for a while only, and this one no longer does. Ask the staff of the course for a new one.",
)
TOO_LARGE = Kind(
    "too-large",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "The request is too large",
    "The body has more bytes than this server reads; the detail says how many it may have.",
)
UNSUPPORTED_MEDIA_TYPE = Kind(
    "unsupported-media-type",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "Not this kind of body",
    "The header Content-Type is missing or names what is not read here; the detail says what is.",
)
INVALID = Kind(
    "invalid",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "Something in the request is wrong",
    "The request can be read, but a field is unknown, missing, of the wrong type or out of its range. Each member of "
    "errors names the place (pointer into the body, parameter or header) and what is wrong there.",
)
KEY_REUSED = Kind(
    "idempotency-key-reused",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "The Idempotency-Key stands for another request",
    "The same key came before with other fields or another file. Send a new key for what is new.",
)
TOO_MANY = Kind(
    "too-many-requests",
    HTTPStatus.TOO_MANY_REQUESTS,
    "Too many requests",
    "A limit is used up for now: requests of the token, files or bytes of the student or the class link, or refused "
    "requests of whoever sends them; the detail says which. Wait as many seconds as Retry-After says.",
)
UNEXPECTED = Kind(
    "unexpected",
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "The server failed",
    "A mistake of ours. It is in the server's log, under the instance that the answer names.",
)
UNAVAILABLE = Kind(
    "unavailable",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The store does not answer",
    "The server cannot record or read anything now. Nothing was half-recorded: send the same again, with the same "
    "Idempotency-Key, after as many seconds as Retry-After says.",
)
BUSY = Kind(
    "busy",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "No room just now",
    "As many connections are held open, or large bodies on their way, as this server allows. Nothing was done. Try "
    "after Retry-After; instead of a stream, ask for the status.",
)
STORAGE_FULL = Kind(
    "storage-full",
    HTTPStatus.INSUFFICIENT_STORAGE,
    "The storage is full",
    "There is no room for a file of this size; smaller ones may still be accepted. Nothing was recorded, and what was "
    "accepted before is graded. Try after Retry-After; staff make room by deleting submissions or giving Redis more "
    "memory.",
)
NO_SECRET = Kind(
    "no-secret",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The server has no secret",
    "Sign-ins and links are signed with a key made from BACKMARK_SECRET, and that is not set. The API works without.",
)

#: All of them, in the order of their status.
KINDS = (
    MALFORMED,
    KEY_MISSING,
    STALE_FORM,
    UNAUTHENTICATED,
    FORBIDDEN,
    NOT_FOUND,
    UNKNOWN_ASSIGNMENT,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    CONFLICT,
    NO_VERDICT,
    LINK_ENDED,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    INVALID,
    KEY_REUSED,
    TOO_MANY,
    UNEXPECTED,
    UNAVAILABLE,
    BUSY,
    NO_SECRET,
    STORAGE_FULL,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where, as `pointer`, `parameter` or `header`, and what."""

    where: str
    place: str
    detail: str


class Problem(Exception):
    """Raised anywhere within a request: the answer says so in the form of RFC 9457."""

    def __init__(
        self, kind: Kind, detail: str, *, errors: tuple[Fault, ...] = (), headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class Told:
    """What a problem's answer says."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[Fault, ...] = ()
    instance: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """As it goes out."""
        body: dict[str, Any] = {
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.instance:
            body["instance"] = self.instance
        if self.errors:
            body["errors"] = [{fault.where: fault.place, "detail": fault.detail} for fault in self.errors]
        answer = Response(json.dumps(body), self.status, mimetype="application/problem+json")
        answer.headers.update(self.headers)
        answer.headers["Cache-Control"] = "no-store"
        return answer


def told(problem: Problem) -> Told:
    """A problem as its answer says it."""
    kind = problem.kind
    return Told(kind.type, kind.title, kind.status, problem.detail, problem.errors, headers=problem.headers)
