"""Every way in which a request can fail, each with a stable type: RFC 9457, documented in docs/reference/errors.md."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Response, json

from backmark.grader.model.fields import FieldFault

#: Seconds after which to retry a request that failed because the store or the server was in trouble.
TRY_AGAIN = 2
#: Seconds after which to retry when the storage is full: staff must make room first.
MAKE_ROOM = 600


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of problem; its type is the path /problems/<slug>, where it is explained."""

    slug: str
    status: HTTPStatus
    title: str
    #: The event, and the remedy for the sender: text for a person.
    meaning: str

    @property
    def type(self) -> str:
        """The stable identifier that a program compares."""
        return f"/problems/{self.slug}"


MALFORMED = ProblemKind(
    "malformed",
    HTTPStatus.BAD_REQUEST,
    "The request cannot be read",
    "The request is not valid HTTP, or its body is cut off or is neither valid JSON nor valid multipart data. Nothing "
    "was done.",
)
KEY_MISSING = ProblemKind(
    "idempotency-key-missing",
    HTTPStatus.BAD_REQUEST,
    "An Idempotency-Key is required",
    "This server requires the header Idempotency-Key. Send a new value with each new request, and the same value when "
    "you repeat a request.",
)
STALE_FORM = ProblemKind(
    "stale-form",
    HTTPStatus.BAD_REQUEST,
    "The form is too old",
    "The form was sent without a valid token of this server, or after its session had expired. Nothing was done. "
    "Reload the page and send the form again.",
)
UNAUTHENTICATED = ProblemKind(
    "unauthenticated",
    HTTPStatus.UNAUTHORIZED,
    "No valid token",
    "The header Authorization: Bearer is missing, or the token is unknown, expired or revoked. Ask for a new token.",
)
FORBIDDEN = ProblemKind(
    "forbidden",
    HTTPStatus.FORBIDDEN,
    "The token does not allow this",
    "The token is valid, but lacks the required scope, which the detail names. Ask for a token that has it.",
)
NOT_FOUND = ProblemKind(
    "not-found",
    HTTPStatus.NOT_FOUND,
    "Not found",
    "Nothing exists at this address, or it was deleted, or it belongs to a course that your token cannot see.",
)
UNKNOWN_ASSIGNMENT = ProblemKind(
    "unknown-assignment",
    HTTPStatus.NOT_FOUND,
    "Unknown assignment",
    "The course has no assignment with this id. List the assignments, or publish this one first.",
)
METHOD_NOT_ALLOWED = ProblemKind(
    "method-not-allowed",
    HTTPStatus.METHOD_NOT_ALLOWED,
    "Method not allowed",
    "The address exists, but does not support this method; the header Allow lists the methods that it supports.",
)
NOT_ACCEPTABLE = ProblemKind(
    "not-acceptable",
    HTTPStatus.NOT_ACCEPTABLE,
    "Not available in this format",
    "The header Accept names no available format. Leave it out, or name one that the documentation lists.",
)
CONFLICT = ProblemKind(
    "conflict",
    HTTPStatus.CONFLICT,
    "Not possible in this state",
    "The request does not fit the current state of the resource; the detail says why. Read the resource again before "
    "you retry.",
)
NO_VERDICT = ProblemKind(
    "no-verdict",
    HTTPStatus.CONFLICT,
    "No verdict",
    "The verdict was requested in another format, but the submission is not graded yet, or ended without a verdict. "
    "While it is waiting or running, Retry-After says when to try again.",
)
NOT_OPEN = ProblemKind(
    "not-open",
    HTTPStatus.CONFLICT,
    "The assignment is not open yet",
    "The policy accepts no submissions for this assignment before the time that the detail names. Nothing was "
    "recorded, and no attempt was used. Submit from that time on.",
)
CLOSED = ProblemKind(
    "closed",
    HTTPStatus.CONFLICT,
    "The assignment is closed",
    "The policy stopped accepting submissions for this assignment at the time that the detail names. Nothing was "
    "recorded, and no attempt was used. Staff may give the student an extension.",
)
NO_ATTEMPTS_LEFT = ProblemKind(
    "no-attempts-left",
    HTTPStatus.CONFLICT,
    "No attempts are left",
    "The student has used all attempts that the policy allows. Nothing was recorded. Staff may give the student an "
    "extension with more attempts.",
)
LINK_ENDED = ProblemKind(
    "link-ended",
    HTTPStatus.GONE,
    "This link has ended",
    "A signed link ends when its time is up, or when the staff of the course end it. "
    "Nothing was recorded. Ask the staff for a new link.",
)
LENGTH_REQUIRED = ProblemKind(
    "length-required",
    HTTPStatus.LENGTH_REQUIRED,
    "The length of the body is required",
    "A request without a token or a link must declare the length of its body with Content-Length. It may use neither "
    "chunks nor Expect: 100-continue.",
)
TOO_LARGE = ProblemKind(
    "too-large",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "The request is too large",
    "The body is larger than this server accepts; the detail says how large it may be.",
)
UNSUPPORTED_MEDIA_TYPE = ProblemKind(
    "unsupported-media-type",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "Unsupported media type",
    "The header Content-Type is missing or names an unsupported type, or Content-Encoding says that the body is "
    "compressed; the detail says what is supported.",
)
INVALID = ProblemKind(
    "invalid",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "The request is invalid",
    "The request can be read, but a field is unknown, missing, of the wrong type or out of range. Each member of "
    "errors names the place (a pointer into the body, a parameter or a header) and what is wrong there.",
)
FILE_FORMAT = ProblemKind(
    "file-format",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "A file of this format cannot be graded",
    "The submitted file is a PDF, a picture, an archive, an Office document or a web page, even if its name says "
    "otherwise; the detail says which. Nothing was recorded, and no attempt was used. Submit the notebook or the "
    "Python file.",
)
KEY_REUSED = ProblemKind(
    "idempotency-key-reused",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "The Idempotency-Key belongs to another request",
    "The same key was used before with other fields or another file. Send a new key with a new request.",
)
TOO_MANY = ProblemKind(
    "too-many-requests",
    HTTPStatus.TOO_MANY_REQUESTS,
    "Too many requests",
    "A limit is reached: requests of the token, files or bytes of the student or the class link, or refused requests "
    "of the sender; the detail says which. Retry-After says how many seconds to wait.",
)
UNEXPECTED = ProblemKind(
    "unexpected",
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "The server failed",
    "Backmark failed. The server's log has the details under the `instance` of the response.",
)
UNAVAILABLE = ProblemKind(
    "unavailable",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The store does not answer",
    "The server cannot read or record anything now. It recorded this request wholly or not at all. Wait for the "
    "seconds in Retry-After, then send the same request again with the same Idempotency-Key.",
)
BUSY = ProblemKind(
    "busy",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The server is busy",
    "The server holds as many open connections, or receives as many large bodies, as it allows. Nothing was done. Try "
    "again after the seconds in Retry-After. To follow a submission meanwhile, ask for its status instead of opening "
    "a stream.",
)
STORAGE_FULL = ProblemKind(
    "storage-full",
    HTTPStatus.INSUFFICIENT_STORAGE,
    "The storage is full",
    "There is no room for a file of this size; smaller ones may still be accepted. Nothing was recorded; submissions "
    "accepted earlier are graded. Try again after the seconds in Retry-After. Staff can make room by deleting "
    "submissions, the operator by giving Redis more memory.",
)
NO_SECRET = ProblemKind(
    "no-secret",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The server has no secret",
    "Sign-ins and links are signed with a key derived from BACKMARK_SECRET, which is not set. Ask the operator to set "
    "it. The rest of the API works without it.",
)
NO_ADDRESS = ProblemKind(
    "no-address",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The server does not know its address",
    "Links that are sent to others begin with the address at which people reach this server. Ask the operator to set "
    "BACKMARK_PUBLIC_URL to that address, such as https://backmark.example.edu, and to restart the server.",
)

#: All kinds, roughly in the order of their status.
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
    NOT_OPEN,
    CLOSED,
    NO_ATTEMPTS_LEFT,
    LINK_ENDED,
    LENGTH_REQUIRED,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    INVALID,
    FILE_FORMAT,
    KEY_REUSED,
    TOO_MANY,
    UNEXPECTED,
    UNAVAILABLE,
    BUSY,
    NO_SECRET,
    NO_ADDRESS,
    STORAGE_FULL,
)


@dataclass(frozen=True, slots=True)
class RequestFault:
    """One thing that is wrong with a request: where, as `pointer`, `parameter` or `header`, and what."""

    where: str
    place: str
    detail: str


class Problem(Exception):
    """Raised anywhere within a request; the response describes it as RFC 9457 does."""

    def __init__(
        self,
        kind: ProblemKind,
        detail: str,
        *,
        errors: tuple[RequestFault, ...] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}


def invalid(place: str, detail: str, where: str = "pointer") -> Problem:
    """Return the problem of one field or parameter; an empty place is the body as a whole."""
    return Problem(INVALID, f"{place or 'the body'}: {detail}", errors=(RequestFault(where, place, detail),))


@dataclass(frozen=True, slots=True)
class ProblemResponse:
    """The content of a problem's response."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[RequestFault, ...] = ()
    instance: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """Return the HTTP response."""
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
        response = Response(json.dumps(body), self.status, mimetype="application/problem+json")
        response.headers.update(self.headers)
        response.headers["Cache-Control"] = "no-store"
        return response


def problem_response(problem: Problem) -> ProblemResponse:
    """Return the response to a problem."""
    kind = problem.kind
    return ProblemResponse(kind.type, kind.title, kind.status, problem.detail, problem.errors, headers=problem.headers)


def refuse_faults(faults: Iterable[FieldFault]) -> None:
    """Raise Problem if there is any fault."""
    errors = tuple(RequestFault("pointer", f"/{fault.field}", fault.says) for fault in faults)
    if errors:
        raise Problem(INVALID, "; ".join(f"{fault.place}: {fault.detail}" for fault in errors), errors=errors)
