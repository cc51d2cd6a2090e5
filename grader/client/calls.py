"""The calls that all parts of a client share: a request, and its response read into a value."""

import uuid
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

from backmark.grader.client.pages import Listing, Page
from backmark.grader.client.problems import Unexpected, Unusable
from backmark.grader.client.records import Body
from backmark.grader.client.transport import Request, Transport, read_json

Value = TypeVar("Value")
#: The most characters of an idempotency key.
_LONGEST_KEY = 255

Params = Mapping[str, str | int | None]


class Calls:
    """Calls with one token; `course` is for tokens that see more than one."""

    def __init__(self, transport: Transport, course: str | None) -> None:
        self.transport = transport
        self.course = course

    def get(self, path: str, read: Callable[[Body], Value], params: Params | None = None, wait: float = 0.0) -> Value:
        """Return one resource."""
        request = Request(method="GET", path=path, params=drop_missing(params), repeatable=True, wait=wait)
        return value(read_json(self.transport.send(request)), read)

    def post(  # noqa: PLR0913 - the parts of a request, each by its name
        self,
        path: str,
        read: Callable[[Body], Value],
        body: Any = None,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        again: bool = False,
    ) -> Value:
        """Post a request; it is retried automatically if it has an idempotency key, or with `again`."""
        request = Request(
            method="POST",
            path=path,
            params=drop_missing(params),
            json=body,
            headers=headers or {},
            repeatable=again or "Idempotency-Key" in (headers or {}),
        )
        return value(read_json(self.transport.send(request)), read)

    def put(self, path: str, read: Callable[[Body], Value], body: Any) -> Value:
        """Put a resource in place of the one before; a retry does no harm."""
        request = Request(method="PUT", path=path, json=body, repeatable=True)
        return value(read_json(self.transport.send(request)), read)

    def patch(self, path: str, read: Callable[[Body], Value], body: Any) -> Value:
        """Change fields of a resource; a retry does no harm."""
        request = Request(method="PATCH", path=path, json=body, repeatable=True)
        return value(read_json(self.transport.send(request)), read)

    def delete(self, path: str, read: Callable[[Body], Value], params: Params | None = None) -> Value:
        """Delete a resource; a retry does no harm."""
        request = Request(method="DELETE", path=path, params=drop_missing(params), repeatable=True)
        response = self.transport.send(request)
        return value({} if response.status_code == HTTPStatus.NO_CONTENT else read_json(response), read)

    def listing(self, path: str, read: Callable[[Body], Value], params: Params | None = None) -> Listing[Value]:
        """Return a list that is read a page at a time."""

        def ask(cursor: str | None) -> Page[Value]:
            return self.get(path, lambda body: page(body, read), {**(params or {}), "cursor": cursor})

        return Listing(ask)

    def in_course(self, params: Params | None = None) -> dict[str, str | int]:
        """Return parameters with the course."""
        return drop_missing({**(params or {}), "course": self.course})


def page(body: Body, read: Callable[[Body], Value]) -> Page[Value]:
    """Return a page of a list from its JSON."""
    return Page(tuple(read(item) for item in body["items"]), body.get("next"))


def value(body: Any, read: Callable[[Body], Value]) -> Value:
    """Return the value of a response. Raises Unexpected if members are missing or wrong."""
    try:
        return read(body)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = f"the server's answer does not fit this version of the client: {type(error).__name__}: {error}"
        raise Unexpected(message) from error


def no_value(_: Body) -> None:
    """Return None, whatever the body: the response to a deletion has no value."""


def drop_missing(params: Params | None) -> dict[str, str | int]:
    """Return the parameters that have a value."""
    return {name: param for name, param in (params or {}).items() if param is not None}


def path_of(*parts: str) -> str:
    """Return the path of these parts, with all special characters escaped."""
    return "".join("/" + quote(part, safe="") for part in parts)


def idempotency_header(key: str | None) -> dict[str, str]:
    """Return the header of a request that must take effect once, with this key or a new one."""
    key = key or uuid.uuid4().hex
    if not (key.isascii() and key.isprintable()) or " " in key or len(key) > _LONGEST_KEY:
        message = f"an idempotency key is at most {_LONGEST_KEY} ASCII characters without spaces"
        raise Unusable(message)
    return {"Idempotency-Key": key}
