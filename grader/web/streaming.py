"""Waiting for a submission to finish: for a while within one request, or in a stream of server-sent events."""

import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator

from flask import Response, request, stream_with_context

from backmark.grader.errors import StoreUnavailable
from backmark.grader.model.records import SubmissionRecord
from backmark.grader.web.http.problems import BUSY, TRY_AGAIN, Problem
from backmark.grader.web.http.responses import tag
from backmark.grader.web.service import Service, service

#: Returns a submission as its reader may see it now; what they may not see ends no wait, and is no event.
Sight = Callable[[SubmissionRecord], SubmissionRecord]
#: Renders a submission for its reader.
Renderer = Callable[[SubmissionRecord], bytes]

#: Seconds between two checks that the client is still connected.
_LOOK = 1.0
#: Seconds between two comments in a silent stream, so that neither side takes silence for the end.
_HEARTBEAT = 10.0
#: Milliseconds after which a browser reconnects to a lost stream.
_RETRY = 2000


def wait_until_finished(submission: SubmissionRecord, seconds: float, see: Sight) -> SubmissionRecord | None:
    """Return the submission once it has finished, after `seconds`, or at once if no slot is free; None if deleted."""
    app_services = service()
    with app_services.slots.hold() as has_slot:
        if not has_slot:
            return submission
        until = time.monotonic() + seconds
        latest: SubmissionRecord | None = None
        for latest in _states(app_services, submission.id, see, until):
            if latest is None or latest.state.terminal:
                break
        return latest


def stream(submission: SubmissionRecord, see: Sight, render: Renderer) -> Response:
    """Stream each change of what `render` returns, up to the last state. Raises Problem if no slot is free."""
    app_services = service()
    last_tag = request.headers.get("Last-Event-ID")
    if submission.state.terminal and last_tag == tag(render(submission)):
        # A browser reconnects whenever a stream ends, unless it gets a 204.
        return Response(status=204)
    if not app_services.slots.acquire():
        raise Problem(
            BUSY, "the server holds as many open connections as it allows", headers={"Retry-After": str(TRY_AGAIN)}
        )
    events = _events(_states(app_services, submission.id, see), render, last_tag)
    response = Response(stream_with_context(events), mimetype="text/event-stream")
    # Not in the generator's own cleanup: a generator that never started has none.
    response.call_on_close(app_services.slots.release)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _events(states: Iterator[SubmissionRecord | None], render: Renderer, last_tag: str | None) -> Iterator[str]:
    yield f"retry: {_RETRY}\n\n"
    last_sent = time.monotonic()
    try:
        for current in states:
            if current is None:
                return
            content = render(current)
            if tag(content) != last_tag:
                last_tag = tag(content)
                last_sent = time.monotonic()
                yield f"event: {current.state}\nid: {last_tag}\ndata: {content.decode()}\n\n"
            elif time.monotonic() - last_sent > _HEARTBEAT:
                last_sent = time.monotonic()
                yield ":\n\n"
            if current.state.terminal:
                return
    except StoreUnavailable:
        # The client reconnects, and gets a 503 then.
        return


def _states(
    app_services: Service, submission_id: str, see: Sight, until: float | None = None
) -> Iterator[SubmissionRecord | None]:
    """Yield the submission now, after each change and every second, as it is seen; None once it is deleted."""
    with app_services.store.submissions.subscribe(submission_id) as changes:
        while True:
            latest = app_services.store.submissions.get(submission_id)
            yield None if latest is None else see(latest)
            remaining = _LOOK if until is None else min(_LOOK, until - time.monotonic())
            if remaining <= 0 or app_services.slots.closed or is_client_gone():
                return
            changes.wait(remaining)


def is_client_gone() -> bool:
    """Return True if the client has hung up, as far as the web server shows it."""
    connection = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if connection is None or isinstance(connection, ssl.SSLSocket):
        # TLS does not allow peeking; the next heartbeat notices instead.
        return False
    try:
        # Not select, which handles only the first thousand descriptors.
        poller = select.poll()
        poller.register(connection, select.POLLIN)
        return bool(poller.poll(0)) and not connection.recv(1, socket.MSG_PEEK)
    except (OSError, ValueError):
        return True
