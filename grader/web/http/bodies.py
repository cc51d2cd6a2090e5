"""The reading of a request's body: whole, not encoded, and slowly only of a known sender.

A small body is buffered outside the threads (`backmark.grader.web.http.gunicorn_worker`). One that is large, or whose
length is not known, holds a thread while it arrives. So only a sender with a token or a link may send it, such bodies
have slots of their own, and the remaining threads always answer.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import request

from backmark.grader.web.http.capacity import Slots
from backmark.grader.web.http.problems import (
    BUSY,
    LENGTH_REQUIRED,
    MALFORMED,
    TRY_AGAIN,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Bytes up to which a body is buffered before a thread reads it; few submissions are larger.
BUFFERED_BYTES = 1 << 20
#: True in the WSGI environment of a request whose sender is known.
_KNOWN_SENDER = "backmark.known_sender"


def allow_unbuffered() -> None:
    """Let a thread wait for the body of the current request, because its sender has a token or a link."""
    request.environ[_KNOWN_SENDER] = True


class Bodies:
    """WSGI middleware: lets the application read a body that is not buffered only while a slot is free."""

    def __init__(self, application: "WSGIApplication", slots: Slots) -> None:
        self._application = application
        self._slots = slots

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request. The response may be streamed later, but the body has been read when this returns."""
        body = _IncomingBody(environ, self._slots)
        environ["wsgi.input"] = body
        try:
            return self._application(environ, start_response)
        finally:
            body.release()


class _IncomingBody:
    """A body that is checked, and takes a slot, on its first read: a request that is refused earlier needs none."""

    def __init__(self, environ: "WSGIEnvironment", slots: Slots) -> None:
        self._environ = environ
        self._body: Any = environ["wsgi.input"]
        self._slots = slots
        self._begun = False
        self._has_slot = False
        #: Bytes that are still to come, by the length that the request declares.
        self._missing = _length(environ)

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes. Raises Problem if the body cannot be read, or is cut off."""
        if not self._begun:
            self._begin()
            self._begun = True
        chunk: bytes = self._body.read(size)
        self._missing -= len(chunk)
        if self._missing > 0 and (size < 0 or len(chunk) < size):
            raise Problem(MALFORMED, f"the body is cut off: {self._missing} bytes are missing")
        return chunk

    def release(self) -> None:
        """Give the slot back."""
        if self._has_slot:
            self._has_slot = False
            self._slots.release()

    def _begin(self) -> None:
        if self._environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() != "identity":
            detail = "the body must not be compressed: send it without Content-Encoding"
            raise Problem(UNSUPPORTED_MEDIA_TYPE, detail, headers={"Accept-Encoding": "identity"})
        if _is_buffered(self._environ):
            return
        if not self._environ.get(_KNOWN_SENDER):
            raise Problem(
                LENGTH_REQUIRED, "declare the length of the body with Content-Length, and send it without Expect"
            )
        if not self._slots.acquire():
            detail = "the server is receiving as many large bodies as it allows; nothing was recorded"
            raise Problem(BUSY, detail, headers={"Retry-After": str(TRY_AGAIN)})
        self._has_slot = True


def _length(environ: "WSGIEnvironment") -> int:
    """Return the declared length of a body; 0 if none is declared."""
    length = environ.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdecimal() and not environ.get("HTTP_TRANSFER_ENCODING") else 0


def _is_buffered(environ: "WSGIEnvironment") -> bool:
    """Return True if there is no body, or it was received in full before a thread got the request."""
    if environ.get("HTTP_TRANSFER_ENCODING") or environ.get("HTTP_EXPECT"):
        return False
    return _length(environ) <= BUFFERED_BYTES
