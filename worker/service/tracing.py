"""The binding of a job's lines in the log to the request that asked for it."""

from structlog.contextvars import bind_contextvars

from backmark.grader.model.trace import Trace


def bind_trace(trace: Trace | None) -> None:
    """Put the request's id into every further line of this job."""
    if trace is not None:
        bind_contextvars(request_id=trace.request_id)
