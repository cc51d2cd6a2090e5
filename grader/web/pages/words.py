"""The filters by which templates write times, numbers and a student's text."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from backmark.grader.reports.html.charts import draw_chart
from backmark.grader.reports.html.text import block, line, mark_code, number, plural, prose
from backmark.grader.reports.marks_table import percent
from backmark.grader.reports.outcomes import NAMES, tone_of
from backmark.grader.reports.plaintext import sentence, upper_first


def outcome(name: str) -> str:
    """Return the name of an outcome for people."""
    return NAMES.get(name, name)


def property_title(name: str) -> str:
    """Return the title of a property."""
    return name.replace("_", " ")


def moment(seconds: float | None) -> str:
    """Return a time of the store for people: 25 November 2025, 04:15 UTC."""
    if seconds is None:
        return ""
    when = datetime.fromtimestamp(seconds, UTC)
    return f"{when.day} {when:%B %Y, %H:%M} UTC"


def iso(seconds: float) -> str:
    """Return a time of the store as the attribute datetime needs it."""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")


def duration(seconds: float | None) -> str:
    """Return a rough duration: 4 s, 3 min, 2 h."""
    if seconds is None:
        return ""
    for size, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{round(seconds / size)} {unit}"
    return f"{max(1, round(seconds))} s"


def size(count: int) -> str:
    """Return a number of bytes for people."""
    for unit, limit in (("bytes", 1 << 10), ("KiB", 1 << 20), ("MiB", 1 << 30)):
        if count < limit:
            return f"{count} {unit}" if unit == "bytes" else f"{count / (limit >> 10):.1f} {unit}"
    return f"{count / (1 << 30):.1f} GiB"


def figure(value: float) -> str:
    """Return a setting's number as people write it: 10, 2.5."""
    return f"{value:g}"


def points(value: float) -> str:
    """Return marks with at most two digits after the point: 8, 7.5."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def is_local(text: str) -> bool:
    """Return True if a time in a form has no offset, so that a browser's field for local times takes it."""
    return "+" not in text and text.count("-") == 2


def thousands(value: int) -> str:
    """Return a count with separators: 23,801."""
    return f"{value:,}"


FILTERS: dict[str, Callable[..., Any]] = {
    "line": line,
    "block": block,
    "prose": prose,
    "coded": mark_code,
    "outcome": outcome,
    "tone": tone_of,
    "chart": draw_chart,
    "property": property_title,
    "upperfirst": upper_first,
    "sentence": sentence,
    "moment": moment,
    "iso": iso,
    "duration": duration,
    "size": size,
    "number": number,
    "figure": figure,
    "percent": percent,
    "points": points,
    "is_local": is_local,
    "thousands": thousands,
    "plural": plural,
}
