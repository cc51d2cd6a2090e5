"""Waits for a submission to end: for a while within one answer, or in a stream of server-sent events."""

import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator

from flask import Response, request, stream_with_context

from grader.errors import StoreUnavailable
from grader.model.records import Submission
from grader.web.http.problems import BUSY, TRY_AGAIN, Problem
from grader.web.http.responses import tag
from grader.web.http.service import Service, service

#: What is told of a submission.
Telling = Callable[[Submission], bytes]

#: Seconds between two looks at whether the client is still there.
_LOOK = 1.0
#: Seconds between two comments in a stream, so that neither side takes silence for the end.
_HEARTBEAT = 10.0
#: Milliseconds after which a browser that lost the stream asks for it again.
_RETRY = 2000


def awaited(found: Submission, seconds: float) -> Submission | None:
    """The submission when it has ended, or `seconds` later, or at once where no connection may be held."""
    here = service()
    with here.holding.place() as held:
        if not held:
            return found
        until = time.monotonic() + seconds
        latest: Submission | None = None
        for latest in _states(here, found.id, until):
            if latest is None or latest.state.terminal:
                break
        return latest


def stream(found: Submission, tell: Telling) -> Response:
    """Every change of what `tell` tells until the last state, as server-sent events; 503 where none may be held."""
    here = service()
    seen = request.headers.get("Last-Event-ID")
    if found.state.terminal and seen == tag(tell(found)):
        # A browser asks again whenever a stream ends, unless it is told that there is no more.
        return Response(status=204)
    if not here.holding.take():
        raise Problem(BUSY, "no more connections are held open now", headers={"Retry-After": str(TRY_AGAIN)})
    answer = Response(stream_with_context(_events(here, found.id, tell, seen)), mimetype="text/event-stream")
    # Not in the generator's own end: one that was never begun has none.
    answer.call_on_close(here.holding.leave)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


def _events(here: Service, submission: str, tell: Telling, seen: str | None) -> Iterator[str]:
    yield f"retry: {_RETRY}\n\n"
    spoken = time.monotonic()
    try:
        for found in _states(here, submission, None):
            if found is None:
                return
            told = tell(found)
            if tag(told) != seen:
                seen = tag(told)
                spoken = time.monotonic()
                yield f"event: {found.state}\nid: {seen}\ndata: {told.decode()}\n\n"
            elif time.monotonic() - spoken > _HEARTBEAT:
                spoken = time.monotonic()
                yield ":\n\n"
            if found.state.terminal:
                return
    except StoreUnavailable:
        # The client asks again, and is told 503 then.
        return


def _states(here: Service, submission: str, until: float | None) -> Iterator[Submission | None]:
    """The submission as it is now, and at each change, and every second; None once it is deleted."""
    with here.store.submissions.changes(submission) as changes:
        while True:
            yield here.store.submissions.get(submission)
            left = _LOOK if until is None else min(_LOOK, until - time.monotonic())
            if left <= 0 or here.holding.closed or gone():
                return
            changes.wait(left)


def gone() -> bool:
    """Whether the client has hung up, as far as the web server lets us see."""
    connection = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if connection is None or isinstance(connection, ssl.SSLSocket):
        # One cannot look ahead into TLS: then the next heartbeat finds out.
        return False
    try:
        # Not select, which knows the first thousand descriptors only.
        poller = select.poll()
        poller.register(connection, select.POLLIN)
        return bool(poller.poll(0)) and not connection.recv(1, socket.MSG_PEEK)
    except (OSError, ValueError):
        return True
