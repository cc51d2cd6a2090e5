"""A limit on large request bodies: a process reads only a few at a time.

A small body is buffered outside the threads (`grader.web.http.gunicorn_worker`). A large one that arrives slowly holds
a thread, so large bodies have slots of their own, and the remaining threads always answer.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from grader.web.http.capacity import Slots
from grader.web.http.problems import BUSY, TRY_AGAIN, Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Bytes up to which a body is buffered before a thread reads it; few submissions are larger.
BUFFERED_BYTES = 1 << 20


class Bodies:
    """WSGI middleware: lets the application read a large body only while a slot is free."""

    def __init__(self, application: "WSGIApplication", slots: Slots) -> None:
        self._application = application
        self._slots = slots

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request. The response may be streamed later, but the body has been read when this returns."""
        if _is_buffered(environ):
            return self._application(environ, start_response)
        body = _IncomingBody(environ["wsgi.input"], self._slots)
        environ["wsgi.input"] = body
        try:
            return self._application(environ, start_response)
        finally:
            body.release()


class _IncomingBody:
    """A body that takes a slot on its first read: a request that is refused earlier needs none."""

    def __init__(self, body: Any, slots: Slots) -> None:
        self._body = body
        self._slots = slots
        self._has_slot = False

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes. Raises Problem if no slot is free."""
        if not self._has_slot:
            if not self._slots.acquire():
                detail = "the server is receiving as many large bodies as it allows; nothing was recorded"
                raise Problem(BUSY, detail, headers={"Retry-After": str(TRY_AGAIN)})
            self._has_slot = True
        chunk: bytes = self._body.read(size)
        return chunk

    def release(self) -> None:
        """Give the slot back."""
        if self._has_slot:
            self._has_slot = False
            self._slots.release()


def _is_buffered(environ: "WSGIEnvironment") -> bool:
    """Return True if there is no body, or it was received in full before a thread got the request."""
    if environ.get("HTTP_TRANSFER_ENCODING") or environ.get("HTTP_EXPECT"):
        return False
    length = environ.get("CONTENT_LENGTH") or "0"
    return length.isdecimal() and int(length) <= BUFFERED_BYTES
