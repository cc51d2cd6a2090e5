"""The log line and the count of each request, and the headers that trace it: `X-Request-ID` and `traceparent`."""

import logging
import time
from http import HTTPStatus

from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars, get_contextvars

from backmark.grader.model.trace import Trace, receive
from backmark.grader.web.http.request_counts import request_counts

_log = logging.getLogger(__name__)

#: Endpoints that supervisors ask every few seconds: logged only when they fail.
_PROBES = frozenset({"health.read_health", "health.read_readiness", "metrics.read_metrics", "static", "styles.static"})
#: The route of a request that no route matches; its path is not logged, since links are secrets.
_NO_ROUTE = "none"


def install(app: Flask) -> None:
    """Trace and log every request of `app`."""
    app.before_request(_begin)
    app.after_request(_answer)


def current_trace() -> Trace:
    """Return the trace of the request being answered."""
    trace: Trace = g.trace
    return trace


def _begin() -> None:
    # A thread that answers requests keeps what was bound for the last one.
    clear_contextvars()
    g.trace = receive(request.headers.get("X-Request-ID"), request.headers.get("traceparent"))
    g.started = time.monotonic()
    bind_contextvars(request_id=g.trace.request_id)


def _answer(response: Response) -> Response:
    trace, started = current_trace(), g.started
    response.headers["X-Request-ID"] = trace.request_id
    response.headers["traceparent"] = trace.traceparent
    method, route = request.method, _NO_ROUTE if request.url_rule is None else request.url_rule.rule
    endpoint, status = request.endpoint or _NO_ROUTE, response.status_code
    bound, counts = get_contextvars(), request_counts()

    def end_request() -> None:
        """Log and count the request once its response has been sent, which for a stream may be minutes later."""
        milliseconds = round(1000 * (time.monotonic() - started), 1)
        if endpoint not in _PROBES or status >= HTTPStatus.BAD_REQUEST:
            fields = {"method": method, "route": route, "status": status, "milliseconds": milliseconds}
            with bound_contextvars(**bound):
                _log.info("request answered", extra=fields)
        counts.add(endpoint, status, milliseconds)

    response.call_on_close(end_request)
    return response
