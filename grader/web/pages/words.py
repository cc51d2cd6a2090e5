"""The filters by which templates write times, numbers and a student's text."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup, escape

from backmark.grader.reports.plaintext import cap, plain, sentence
from backmark.grader.web.api.marks_table import percent
from backmark.grader.web.pages.comparing import Cell
from backmark.grader.web.pages.numbers import number
from backmark.grader.web.pages.verdict_view import NAMES, outcome_tone, tone

#: Of a name or a message, characters; of a longer text, lines and characters of each.
_SHORT, _LINES, _LINE = 300, 400, 400
#: What a sentence has between backticks; none begins within a word.
_CODE = re.compile(r"(?<!\w)`[^`\n]{1,80}`")


def line(text: object) -> str:
    """Return a student's text in one line: a file's name, a message."""
    whole = plain(str(text)[: _SHORT + 1].replace("\n", " ").replace("\t", " "))
    return whole if len(str(text)) <= _SHORT else f"{whole[:_SHORT]}…"


def block(text: object) -> str:
    """Return a student's text of several lines, for `pre`."""
    return cap(str(text), lines=_LINES, characters=_LINE)


def mark_code(text: object) -> Markup:
    """Set what a sentence has between backticks as code; it may contain a student's text."""
    whole, parts, at = block(text), [], 0
    for match in _CODE.finditer(whole):
        parts += [escape(whole[at : match.start()]), Markup("<code>{}</code>").format(match.group().strip("`"))]
        at = match.end()
    return Markup("").join([*parts, escape(whole[at:])])


def shade(cell: Cell) -> str:
    """Return the classes of a heat map's cell."""
    if cell.shade is None:
        level = "lost"
    else:
        level = f"{'minus' if cell.shade < 0 else 'plus'}-{abs(cell.shade)}" if cell.shade else "zero"
    return f"heat-{level} wrong" if cell.wrong else f"heat-{level}"


def outcome(name: str) -> str:
    """Return the name of an outcome for people."""
    return NAMES.get(name, name)


def property_title(name: str) -> str:
    """Return the title of a property."""
    return name.replace("_", " ")


def upperfirst(text: str) -> str:
    """Return the text with a capital first letter, to begin a sentence."""
    return f"{text[:1].upper()}{text[1:]}"


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
    for unit, limit in (("bytes", 1 << 10), ("KiB", 1 << 20)):
        if count < limit:
            return f"{count} {unit}" if unit == "bytes" else f"{count / (limit >> 10):.1f} {unit}"
    return f"{count / (1 << 20):.1f} MiB"


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


def plural(count: int, singular: str, many: str | None = None) -> str:
    """Return a count with its noun: 1 case, 3 cases."""
    return f"{count:,} {singular if count == 1 else many or singular + 's'}"


FILTERS: dict[str, Callable[..., Any]] = {
    "line": line,
    "block": block,
    "coded": mark_code,
    "shade": shade,
    "outcome": outcome,
    "tone": tone,
    "outcome_tone": outcome_tone,
    "property": property_title,
    "upperfirst": upperfirst,
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
