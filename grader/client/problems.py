"""The errors of a client, by what its caller can do about them.

ClientError
├── Unusable          the address or the token is not usable; nothing was sent
├── NotReached        no server answered, despite retries
├── Unexpected        the server is not a Backmark server, or one of another version
├── StillWaiting      not finished within the timeout; `submission` is the last known state
└── Problem           the server refused the request: type, title, status, detail, errors
    ├── Invalid       the request is wrong (400, 413, 415, 422): `errors` names the fields
    ├── Unauthorized  no token, or one that is unknown, expired or revoked (401)
    ├── Forbidden     the token may not do this (403)
    ├── NotFound      it does not exist, or belongs to another course (404)
    ├── Conflict      it does not fit the current state (409, 412)
    ├── TooMany       too many requests, even after all retries (429)
    └── Unavailable   the service cannot answer now (5xx)
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from backmark.grader.client.records import Submission
from backmark.grader.errors import BackmarkError


class ClientError(BackmarkError):
    """The base of all errors that a client raises on purpose."""


class Unusable(ClientError):
    """The address or the token is not usable; the message says what to change."""


class NotReached(ClientError):
    """No server answered. The request may have taken effect, unless the message says that it was never sent."""


class Unexpected(ClientError):
    """The answer is not one of a Backmark server of this version."""


class StillWaiting(ClientError):
    """The submission has not finished yet; the server continues to work on it."""

    def __init__(self, submission: Submission) -> None:
        super().__init__(f"{submission.id} is still {submission.state}; try again later")
        self.submission = submission


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a request."""

    #: The place: a JSON pointer into the body, or the name of a parameter or header; else empty.
    where: str
    detail: str


class Problem(ClientError):
    """The server refused the request, with its own words (RFC 9457)."""

    def __init__(  # noqa: PLR0913 - the members of a problem
        self,
        type: str,  # noqa: A002 - the member's own name
        title: str,
        status: int,
        detail: str = "",
        errors: tuple[Fault, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        faults = "; ".join(f"{fault.where}: {fault.detail}" if fault.where else fault.detail for fault in errors)
        super().__init__(": ".join(dict.fromkeys(part for part in (title, detail, faults) if part)))
        self.type = type
        self.title = title
        self.status = status
        self.detail = detail
        self.errors = errors
        #: Seconds after which the server suggests to retry.
        self.retry_after = retry_after

    @staticmethod
    def read(status: int, body: dict[str, Any], retry_after: float | None = None) -> "Problem":
        """Return the problem that a body describes, in the class of its status."""
        errors = tuple(_fault(raw) for raw in body.get("errors") or () if isinstance(raw, dict))
        kind = _BY_STATUS.get(status, Unavailable if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Problem)
        return kind(
            str(body.get("type") or "about:blank"),
            str(body.get("title") or phrase(status)),
            status,
            str(body.get("detail") or ""),
            errors,
            retry_after,
        )

    @property
    def slug(self) -> str:
        """The last part of the type, for programs to compare."""
        return self.type.rstrip("/").rsplit("/", 1)[-1]


class Invalid(Problem):
    """The request is wrong; a retry changes nothing."""


class Unauthorized(Problem):
    """The token is unknown, expired or revoked."""


class Forbidden(Problem):
    """The token is valid but lacks the required scope."""


class NotFound(Problem):
    """Not found in the token's course."""


class Conflict(Problem):
    """The request does not fit the current state, such as another body with the same idempotency key."""


class TooMany(Problem):
    """The token has made too many requests."""


class Unavailable(Problem):
    """The service cannot answer now, through no fault of the request."""


_BY_STATUS: dict[int, type[Problem]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: Conflict,
    413: Invalid,
    415: Invalid,
    422: Invalid,
    429: TooMany,
}


def phrase(status: int) -> str:
    """Return the standard phrase of a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"status {status}"


def _fault(raw: dict[str, Any]) -> Fault:
    where = next((str(raw[key]) for key in ("pointer", "parameter", "header") if raw.get(key)), "")
    return Fault(where, str(raw.get("detail") or ""))
