"""How templates write times, numbers and a student's text."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from grader.plaintext import capped, plain

#: Of a name or a message, characters; of a longer text, lines and characters of each.
_SHORT, _LINES, _LINE = 300, 400, 400


def line(text: object) -> str:
    """A student's text in one line: a file's name, a message."""
    whole = plain(str(text)[: _SHORT + 1].replace("\n", " ").replace("\t", " "))
    return whole if len(str(text)) <= _SHORT else f"{whole[:_SHORT]}…"


def block(text: object) -> str:
    """A student's text of several lines, for `pre`."""
    return capped(str(text), lines=_LINES, characters=_LINE)


def upperfirst(text: str) -> str:
    """A sentence of our own, from words that stand in the middle of one."""
    return f"{text[:1].upper()}{text[1:]}"


def moment(seconds: float | None) -> str:
    """A time of the store for people: 25 November 2025, 04:15 UTC."""
    if seconds is None:
        return ""
    when = datetime.fromtimestamp(seconds, UTC)
    return f"{when.day} {when:%B %Y, %H:%M} UTC"


def iso(seconds: float) -> str:
    """The same for machines, as the attribute datetime wants it."""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")


def duration(seconds: float | None) -> str:
    """About how long: 4 s, 3 min, 2 h."""
    if seconds is None:
        return ""
    for size, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{round(seconds / size)} {unit}"
    return f"{max(1, round(seconds))} s"


def size(count: int) -> str:
    """Bytes for people."""
    for unit, limit in (("bytes", 1 << 10), ("KiB", 1 << 20)):
        if count < limit:
            return f"{count} {unit}" if unit == "bytes" else f"{count / (limit >> 10):.1f} {unit}"
    return f"{count / (1 << 20):.1f} MiB"


def number(value: float | None) -> str:
    """A number of a network in few characters; None is one that is not finite."""
    if value is None:
        return "nan"
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value)}".replace("-", "\u2212")
    return f"{value:.4g}".replace("-", "\u2212")


def thousands(value: int) -> str:
    """A count: 23,801."""
    return f"{value:,}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun: 1 network, 3 networks."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


FILTERS: dict[str, Callable[..., Any]] = {
    "line": line,
    "block": block,
    "upperfirst": upperfirst,
    "moment": moment,
    "iso": iso,
    "duration": duration,
    "size": size,
    "number": number,
    "thousands": thousands,
    "plural": plural,
}
