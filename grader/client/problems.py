"""What a client raises, by what its caller can do about it.

ClientError
├── Unusable          the address or the token cannot be used as they are; nothing was sent
├── NotReached        no server answered, however often it was asked
├── Unexpected        what answered is no Backmark server, or one of another version
├── StillWaiting      no end within the seconds that were given; `submission` is how it stood last
└── Problem           the server's own refusal: type, title, status, detail, errors
    ├── Invalid       the request is wrong (400, 413, 415, 422): `errors` names the fields
    ├── Unauthorized  no token, or one that is unknown, expired or revoked (401)
    ├── Forbidden     the token may not do this (403)
    ├── NotFound      there is no such thing, or it is another course's (404)
    ├── Conflict      it does not fit what is there already (409, 412)
    ├── TooMany       too many requests, still so after waiting as long as the client has patience (429)
    └── Unavailable   the service cannot answer now (5xx)
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from grader.client.records import Submission
from grader.errors import BackmarkError


class ClientError(BackmarkError):
    """Anything that a client raises on purpose."""


class Unusable(ClientError):
    """The address or the token cannot be used as they are; the message says what to change."""


class NotReached(ClientError):
    """No server answered. What was asked may have been done, unless the message says that it was never sent."""


class Unexpected(ClientError):
    """An answer that no Backmark server of this version gives."""


class StillWaiting(ClientError):
    """It has not come to its end yet; it goes on without whoever waits."""

    def __init__(self, submission: Submission) -> None:
        super().__init__(f"{submission.id} is still {submission.state}; ask again later")
        self.submission = submission


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a request."""

    #: Where it is: a JSON pointer into the body, a parameter's or a header's name; else empty.
    where: str
    detail: str


class Problem(ClientError):
    """A refusal as the server words it (RFC 9457)."""

    def __init__(  # noqa: PLR0913 - the members of a problem
        self,
        type: str,  # noqa: A002 - the member's own name
        title: str,
        status: int,
        detail: str = "",
        errors: tuple[Fault, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        faults = "; ".join(f"{each.where}: {each.detail}" if each.where else each.detail for each in errors)
        super().__init__(": ".join(dict.fromkeys(part for part in (title, detail, faults) if part)))
        self.type = type
        self.title = title
        self.status = status
        self.detail = detail
        self.errors = errors
        #: Seconds after which the server would have another try.
        self.retry_after = retry_after

    @staticmethod
    def read(status: int, body: dict[str, Any], retry_after: float | None = None) -> "Problem":
        """The problem that a body describes, as the class that its status stands for."""
        errors = tuple(_fault(each) for each in body.get("errors") or () if isinstance(each, dict))
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
        """The last part of its type: what a program goes by."""
        return self.type.rstrip("/").rsplit("/", 1)[-1]


class Invalid(Problem):
    """The request itself is wrong; asking again changes nothing."""


class Unauthorized(Problem):
    """The token is unknown, expired or revoked."""


class Forbidden(Problem):
    """The token is known, and may not do this."""


class NotFound(Problem):
    """Not found in the token's course."""


class Conflict(Problem):
    """It does not fit the state of things, such as another body under the same idempotency key."""


class TooMany(Problem):
    """More requests than a token may make."""


class Unavailable(Problem):
    """The service cannot do it now, through no fault of the request."""


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
    """What a status is called."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"status {status}"


def _fault(raw: dict[str, Any]) -> Fault:
    where = next((str(raw[key]) for key in ("pointer", "parameter", "header") if raw.get(key)), "")
    return Fault(where, str(raw.get("detail") or ""))
