"""The trace of a request: two ids by which its log lines are found in the web server, the worker and notifications."""

import re
import secrets
from dataclasses import dataclass

#: A request id of somebody else's that is taken over: short, and safe to print anywhere.
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
#: W3C Trace Context: version, trace, parent, flags; a later version may append fields.
_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_INVALID_VERSION, _NO_TRACE, _NO_PARENT = "ff", "0" * 32, "0" * 16


@dataclass(frozen=True, slots=True)
class Trace:
    """The ids of a request: its `X-Request-ID`, and the trace and span of its `traceparent` (W3C Trace Context)."""

    request_id: str
    traceparent: str

    @classmethod
    def decode(cls, stored: str | None) -> "Trace | None":
        """Return a stored trace, or None if there is none. What a newer one adds is passed over."""
        return None if stored is None else cls(*stored.split(" ")[:2])

    def encode(self) -> str:
        """Return the trace as it is stored; neither id contains a space."""
        return f"{self.request_id} {self.traceparent}"

    def next(self) -> "Trace":
        """Return the trace of a request that this one causes: the same ids, and a span of its own."""
        version, trace, _, flags = self.traceparent.split("-")
        return Trace(self.request_id, f"{version}-{trace}-{_span()}-{flags}")


def receive(request_id: str | None = None, traceparent: str | None = None) -> Trace:
    """Return the trace of a request by its headers; an id that is missing or not valid is made up."""
    fields = _TRACEPARENT.fullmatch(traceparent or "")
    trace, flags = secrets.token_hex(16), "00"
    if fields is not None:
        version, sent, parent, sent_flags, more = fields.groups()
        known = version != _INVALID_VERSION and not (version == "00" and more)
        if known and sent != _NO_TRACE and parent != _NO_PARENT:
            trace, flags = sent, sent_flags
    if request_id is None or _REQUEST_ID.fullmatch(request_id) is None:
        request_id = trace
    return Trace(request_id, f"00-{trace}-{_span()}-{flags}")


def _span() -> str:
    return secrets.token_hex(8)
