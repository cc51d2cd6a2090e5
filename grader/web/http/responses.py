"""Successful responses: with an ETag, with a location to look at, a page with a link to the next, or a table."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from pydantic import BaseModel

from backmark.grader.reports import spreadsheets
from backmark.grader.reports.spreadsheets import Cell

#: Seconds after which a client should look at what was accepted with 202.
LOOK_AFTER = 1


def tag(body: bytes) -> str:
    """Return the ETag of a body: a hash of its bytes."""
    return sha256(body).hexdigest()[:32]


def respond_tagged(body: BaseModel | bytes, *, content_type: str = "application/json") -> Response:
    """Respond with one resource and its ETag, or 304 if the client has this version already."""
    content = body if isinstance(body, bytes) else body.model_dump_json().encode()
    response = Response(content, content_type=content_type)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Accept, Authorization"
    response.set_etag(tag(content))
    if request.method in {"GET", "HEAD"}:
        response.make_conditional(request)
    return response


def respond_accepted(body: BaseModel, location: str, *, replayed: bool = False) -> Response:
    """Respond 202: recorded, to be done by a worker; `location` is where to look after a second."""
    response = respond_plain(body, 202)
    response.headers["Location"] = location
    response.headers["Retry-After"] = str(LOOK_AFTER)
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def respond_created(body: BaseModel, location: str) -> Response:
    """Respond 201: created at `location`."""
    response = respond_plain(body, 201)
    response.headers["Location"] = location
    return response


def respond_page(body: BaseModel, cursor: str | None) -> Response:
    """Respond with a page of a list; `Link` has the address of the next, if there is one (RFC 8288)."""
    response = respond_plain(body)
    if cursor:
        query = request.args.to_dict() | {"cursor": cursor}
        response.headers["Link"] = f'<{request.path}?{urlencode(query)}>; rel="next"'
    return response


def respond_list(
    model: type[BaseModel], items: Iterable[BaseModel], cursor: str | None = None, **others: Any
) -> Response:
    """Respond with a list of this model, complete or, with the cursor of the next, a page of it."""
    return respond_page(model.model_construct(items=list(items), next=cursor, **others), cursor)


def respond_table(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """Respond with a CSV file for spreadsheets; it is sent while `rows` are read."""
    response = Response(spreadsheets.table(header, rows), content_type=spreadsheets.CONTENT_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


def respond_empty() -> Response:
    """Respond 204: done, with no content."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def respond_plain(body: BaseModel, status: int = 200) -> Response:
    """Respond without an ETag."""
    response = Response(body.model_dump_json(), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
