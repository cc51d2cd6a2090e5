"""Server-sent events: `event:` and `data:` lines, an event ended by an empty line."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream."""

    name: str
    data: str


def events(lines: Iterable[str]) -> Iterator[Event]:
    """The events of a stream's lines; comments keep a connection alive and say nothing."""
    name, data = "message", list[str]()
    for line in lines:
        if not line:
            if data:
                yield Event(name, "\n".join(data))
            name, data = "message", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
