"""The log line of each request, and the headers that trace it: `X-Request-ID` and `traceparent`."""

import logging
import time

from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars, get_contextvars

from grader.model.trace import Trace, receive

_log = logging.getLogger(__name__)

#: Endpoints that supervisors ask every few seconds: logged only when they fail.
_PROBES = frozenset({"health.read_health", "health.read_readiness", "metrics.read_metrics", "static"})
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
    if request.endpoint in _PROBES and response.status_code < 400:
        return response
    method, route = request.method, _NO_ROUTE if request.url_rule is None else request.url_rule.rule
    bound, status = get_contextvars(), response.status_code

    def log_request() -> None:
        """Log the request once its response has been sent, which for a stream may be minutes later."""
        fields = {
            "method": method,
            "route": route,
            "status": status,
            "milliseconds": round(1000 * (time.monotonic() - started), 1),
        }
        with bound_contextvars(**bound):
            _log.info("request answered", extra=fields)

    response.call_on_close(log_request)
    return response
