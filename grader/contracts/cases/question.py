"""The questions to a submission in its jail about cases, as data: the jail knows names, numbers and sizes."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from backmark.grader.contracts.cases.answers import Raised
from backmark.grader.model.source_line import SourceLine


class Question(NamedTuple):
    """Cases as a jail is asked about them, without anything that is expected."""

    header: Mapping[str, Any]
    #: Their numbers, as float64.
    payload: bytes
    #: Bytes of the answer to each.
    sizes: Sequence[int]
    #: Results of which the answer to each says how they came; none if it says nothing of them.
    parts: Sequence[int] = ()


def read_raised(header: Mapping[str, Any]) -> Raised:
    """The error in a reply that raised, each text cut to its cap."""
    type_, message, traceback = (
        text(header.get(key), cap) for key, cap in (("type", 200), ("message", 2000), ("traceback", 8000))
    )
    frames, lines = (tuple(SourceLine.of(*place) for place in header[key]) for key in ("frames", "lines"))
    return Raised(type_, message, traceback, frames, lines)


def text(value: Any, cap: int) -> str:
    """A text of at most so many characters; empty if it is none."""
    return value[:cap] if isinstance(value, str) else ""
