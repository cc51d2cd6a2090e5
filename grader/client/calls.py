"""What all parts of a client share: a question to the transport, and its answer as a value."""

import uuid
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

from grader.client.pages import Listing, Page
from grader.client.problems import Unexpected, Unusable
from grader.client.records import Body
from grader.client.transport import Request, Transport, read_json

Value = TypeVar("Value")
#: Characters of an idempotency key.
_LONGEST_KEY = 255

Params = Mapping[str, str | int | None]


class Calls:
    """Asks in the name of one token; `course` is named where a token sees more than one."""

    def __init__(self, transport: Transport, course: str | None) -> None:
        self.transport = transport
        self.course = course

    def get(self, path: str, read: Callable[[Body], Value], params: Params | None = None, wait: float = 0.0) -> Value:
        """One thing."""
        request = Request(method="GET", path=path, params=given(params), repeatable=True, wait=wait)
        return value(read_json(self.transport.send(request)), read)

    def post(  # noqa: PLR0913 - what there is to say, each by its name
        self,
        path: str,
        read: Callable[[Body], Value],
        body: Any = None,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        again: bool = False,
    ) -> Value:
        """Something made or done: asked again by itself where it has a key, or where `again` says that it may be."""
        request = Request(
            method="POST",
            path=path,
            params=given(params),
            json=body,
            headers=headers or {},
            repeatable=again or "Idempotency-Key" in (headers or {}),
        )
        return value(read_json(self.transport.send(request)), read)

    def delete(self, path: str, read: Callable[[Body], Value], params: Params | None = None) -> Value:
        """Something gone: asking twice is no more than asking once."""
        request = Request(method="DELETE", path=path, params=given(params), repeatable=True)
        response = self.transport.send(request)
        return value({} if response.status_code == HTTPStatus.NO_CONTENT else read_json(response), read)

    def listing(self, path: str, read: Callable[[Body], Value], params: Params | None = None) -> Listing[Value]:
        """A list of things."""

        def ask(cursor: str | None) -> Page[Value]:
            return self.get(path, lambda body: page(body, read), {**(params or {}), "cursor": cursor})

        return Listing(ask)

    def in_course(self, params: Params | None = None) -> dict[str, str | int]:
        """Parameters of what belongs to a course."""
        return given({**(params or {}), "course": self.course})


def page(body: Body, read: Callable[[Body], Value]) -> Page[Value]:
    """A page of a list."""
    return Page(tuple(read(each) for each in body["items"]), body.get("next"))


def value(body: Any, read: Callable[[Body], Value]) -> Value:
    """An answer's value; Unexpected where it lacks what belongs to it."""
    try:
        return read(body)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = f"the server's answer is not what this client knows: {type(error).__name__}: {error}"
        raise Unexpected(message) from error


def gone(_: Body) -> None:
    """What there is to say of what was deleted."""


def given(params: Params | None) -> dict[str, str | int]:
    """Those that have a value."""
    return {name: each for name, each in (params or {}).items() if each is not None}


def place(*parts: str) -> str:
    """A path of these parts, whatever characters they have."""
    return "".join("/" + quote(part, safe="") for part in parts)


def keyed(key: str | None) -> dict[str, str]:
    """The header of what is to be done once: under that key, or under one that nobody else has."""
    key = key or uuid.uuid4().hex
    if not (key.isascii() and key.isprintable()) or " " in key or len(key) > _LONGEST_KEY:
        message = f"an idempotency key is at most {_LONGEST_KEY} letters, digits and signs without blanks"
        raise Unusable(message)
    return {"Idempotency-Key": key}
