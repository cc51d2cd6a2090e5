"""How a view answers when all is well: with a tag for the next time, a place to look, a page and where the next is."""

from hashlib import sha256
from urllib.parse import urlencode

from flask import Response, request
from pydantic import BaseModel

#: Seconds after which a client should look for what it was told 202 of.
LOOK_AFTER = 1


def tag(told: bytes) -> str:
    """The ETag of what is told: the same words, the same tag."""
    return sha256(told).hexdigest()[:32]


def thing(body: BaseModel | bytes, *, status: int = 200, content_type: str = "application/json") -> Response:
    """One thing, tagged by what it says: 304 where the client has it already."""
    told = body if isinstance(body, bytes) else body.model_dump_json().encode()
    answer = Response(told, status, content_type=content_type)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Vary"] = "Accept, Authorization"
    answer.set_etag(tag(told))
    if request.method in {"GET", "HEAD"}:
        answer.make_conditional(request)
    return answer


def accepted(body: BaseModel, location: str, *, replayed: bool = False) -> Response:
    """202: recorded, and done by a worker; `location` is where to look, after a second."""
    answer = plain(body, 202)
    answer.headers["Location"] = location
    answer.headers["Retry-After"] = str(LOOK_AFTER)
    if replayed:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer


def created(body: BaseModel, location: str) -> Response:
    """201: made, and to be found there."""
    answer = plain(body, 201)
    answer.headers["Location"] = location
    return answer


def page(body: BaseModel, cursor: str | None) -> Response:
    """A page of a list; where there is another, `Link` says at which address (RFC 8288)."""
    answer = plain(body)
    if cursor:
        query = request.args.to_dict() | {"cursor": cursor}
        answer.headers["Link"] = f'<{request.path}?{urlencode(query)}>; rel="next"'
    return answer


def nothing() -> Response:
    """204: done, and there is nothing to say."""
    answer = Response(status=204)
    del answer.headers["Content-Type"]
    return answer


def plain(body: BaseModel, status: int = 200) -> Response:
    """What is not worth a tag."""
    answer = Response(body.model_dump_json(), status, content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer
