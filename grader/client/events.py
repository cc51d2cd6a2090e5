"""Server-sent events: `event:` and `data:` lines; an empty line ends an event."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """An event of a stream."""

    name: str
    data: str


def events(lines: Iterable[str]) -> Iterator[ServerSentEvent]:
    """Yield the events in a stream's lines; comments, which keep a connection alive, are skipped."""
    name, data = "message", list[str]()
    for line in lines:
        if not line:
            if data:
                yield ServerSentEvent(name, "\n".join(data))
            name, data = "message", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
