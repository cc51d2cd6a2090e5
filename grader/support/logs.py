"""The log of a process of the service: one line for each event, as logfmt or JSON, on standard error.

Modules log by the standard library; the fields of a line go into `extra`, and what several lines share is bound by
`structlog.contextvars`. A field that is not listed here is left out, so nothing gets into a log by chance.
"""

import logging
import sys
import time
from typing import TYPE_CHECKING, TextIO

from structlog.contextvars import merge_contextvars
from structlog.processors import EventRenamer, JSONRenderer, LogfmtRenderer, TimeStamper, format_exc_info
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name

from backmark.grader.settings.service import LogFormat

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor

#: The fields of every line, of a request's line, of a job's line, of a delivery's and a score's.
_ALWAYS = ("time", "level", "part", "logger", "message", "request_id", "job")
_FIELDS = (
    *("method", "route", "status", "milliseconds"),
    *("outcome", "state", "reused", "tries", "waited_milliseconds", "course", "assignment", "regrade"),
    *("delivery", "line_item", "attempt"),
    *("left_out",),
)
#: Libraries of which only warnings and errors are logged.
_LIBRARIES = ("celery", "kombu", "httpx")
#: The most characters of one field.
_LONGEST = 8192
#: The most warnings and errors with the same text that are logged within so many seconds; their numbers may differ.
MOST_REPEATED, REPEATED_SECONDS = 10, 60.0


def configure(part: str, log_format: LogFormat, stream: TextIO | None = None) -> None:
    """Log to standard error, or to `stream`, from now on; `part` is the part of the service, such as `worker`."""
    handler = _BoundedHandler(stream or sys.stderr)
    handler.setFormatter(_formatter(part, log_format))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)


def _formatter(part: str, log_format: LogFormat) -> logging.Formatter:
    def arrange(_logger: object, _method: str, event: "EventDict") -> "EventDict":
        known = {**event, "part": part}
        return {name: known[name] for name in (*_ALWAYS, *_FIELDS, "exception") if name in known}

    render: Processor = JSONRenderer() if log_format is LogFormat.JSON else LogfmtRenderer()
    return ProcessorFormatter(
        foreign_pre_chain=[
            merge_contextvars,
            add_log_level,
            add_logger_name,
            ExtraAdder(allow=_FIELDS),
            TimeStamper(fmt="iso", utc=True, key="time"),
        ],
        processors=[
            ProcessorFormatter.remove_processors_meta,
            format_exc_info,
            EventRenamer("message"),
            arrange,
            _escape,
            render,
        ],
    )


def _escape(_logger: object, _method: str, event: "EventDict") -> "EventDict":
    """Escape what does not print, and cut what is long: a reader in a terminal must be neither deceived nor flooded."""
    return {name: _printable(_cut(value)) if isinstance(value, str) else value for name, value in event.items()}


def _cut(text: str) -> str:
    """Return the text, or its start and its end, where a traceback has its error."""
    if len(text) <= _LONGEST:
        return text
    half = _LONGEST // 2
    return f"{text[:half]} [{len(text) - 2 * half} characters left out] {text[-half:]}"


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape", "surrogatepass").decode()
        for char in text
    )


class _BoundedHandler(logging.StreamHandler[TextIO]):
    """A handler that leaves out warnings and errors which repeat themselves; the next line says how many."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        #: By logger, level and text before its numbers: since when it is counted, how often it came.
        self._counts: dict[tuple[str, int, str], tuple[float, int]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Log a record, unless too many like it came within the last minute. The handler's lock is held."""
        if record.levelno < logging.WARNING:
            super().emit(record)
            return
        kind, now = (record.name, record.levelno, str(record.msg)), time.monotonic()
        since, count = self._counts.get(kind, (now, 0))
        if now - since >= REPEATED_SECONDS:
            since, left_out, count = now, max(0, count - MOST_REPEATED), 0
            if left_out:
                record.left_out = left_out
        if len(self._counts) > 1000 and kind not in self._counts:
            # A library puts what varies into its text: begin anew rather than remember all of it.
            self._counts.clear()
        self._counts[kind] = (since, count + 1)
        if count < MOST_REPEATED:
            super().emit(record)
