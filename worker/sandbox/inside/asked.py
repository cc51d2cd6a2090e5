"""Requests by their kind."""

import gc
from collections.abc import Iterator
from typing import Any, Protocol

from .calls import CallsQuestion
from .student import Student


class Asked(Protocol):
    """A request to answer."""

    def answers(self, student: Student) -> Iterator[bytes]:
        """Yield one frame for each case, as soon as it is made."""
        ...


def read_request(header: dict[str, Any], payload: bytes | memoryview, known: Asked | None = None) -> Asked:
    """Read a request to answer; it may be about a known one, or about its first cases."""
    # All that is made of it stays: looking for garbage among it would take most of the time of the first call.
    enabled = gc.isenabled()
    gc.disable()
    try:
        return _read(header, payload, known)
    finally:
        if enabled:
            gc.enable()


def _read(header: dict[str, Any], payload: bytes | memoryview, known: Asked | None) -> Asked:
    if "reference" in header:
        # Only publications ask about these.
        from .contracts.reference import ReferenceQuestion  # noqa: PLC0415

        return ReferenceQuestion(header, payload)
    if not header.keys().isdisjoint(("study", "edits", "spelled", "scripts")):
        # Only wrong submissions are mended.
        from .mending.question import read_question  # noqa: PLC0415

        first = known.take_first(header["first"]) if isinstance(known, CallsQuestion) and "first" in header else None
        return read_question(header, payload, first)
    return known if known is not None and "kept" in header else CallsQuestion(header, payload)
