"""Bodies that are still on their way while a thread reads them: of those a process reads few at a time.

A body that is not large is awaited outside of the threads (`grader.web.http.gunicorn_worker`). Whoever sends a large
one little by little holds a thread, so these have places of their own, and the others always answer.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from grader.web.http.capacity import Holding
from grader.web.http.problems import BUSY, TRY_AGAIN, Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Bytes of a body that is there before a thread reads it: what is handed in is hardly ever larger.
AWAITED = 1 << 20


class Bodies:
    """WSGI: gives a body that is on its way to the application as long as there are places for it."""

    def __init__(self, application: "WSGIApplication", places: Holding) -> None:
        self._application = application
        self._places = places

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request; what it answers may come later, but its body is read by the end of this."""
        if _there(environ):
            return self._application(environ, start_response)
        body = _OnItsWay(environ["wsgi.input"], self._places)
        environ["wsgi.input"] = body
        try:
            return self._application(environ, start_response)
        finally:
            body.leave()


class _OnItsWay:
    """A body that takes a place when somebody wants it: who is refused before that needs none."""

    def __init__(self, body: Any, places: Holding) -> None:
        self._body = body
        self._places = places
        self._taken = False

    def read(self, size: int = -1) -> bytes:
        """The next bytes; a Problem where no more bodies are read now."""
        if not self._taken:
            if not self._places.take():
                detail = "as many large bodies as this server allows are on their way; nothing was recorded"
                raise Problem(BUSY, detail, headers={"Retry-After": str(TRY_AGAIN)})
            self._taken = True
        read: bytes = self._body.read(size)
        return read

    def leave(self) -> None:
        """Give the place back."""
        if self._taken:
            self._taken = False
            self._places.leave()


def _there(environ: "WSGIEnvironment") -> bool:
    """Whether there is none, or all of it came before the request was given to a thread."""
    if environ.get("HTTP_TRANSFER_ENCODING") or environ.get("HTTP_EXPECT"):
        return False
    length = environ.get("CONTENT_LENGTH") or "0"
    return length.isdecimal() and int(length) <= AWAITED
