"""A student's text and numbers as pages write them: made plain and cut, with the names of code set as such."""

import re

from backmark.grader.reports.html.markup import Html, element, join
from backmark.grader.reports.plaintext import cap, plain

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


def prose(text: object) -> str:
    """Return the whole of a text whose length is bounded, made plain; its lines are kept, which the class does."""
    return plain(str(text).replace("\r\n", "\n"))


def mark_code(text: object) -> Html:
    """Set what a sentence has between backticks as code; it may contain a student's text."""
    whole, parts, at = block(text), list[str](), 0
    for match in _CODE.finditer(whole):
        parts += [whole[at : match.start()], element("code", match.group().strip("`"))]
        at = match.end()
    return join([*parts, whole[at:]])


def number(value: float | None) -> str:
    """Return a number of a network in few characters; None stands for one that is not finite."""
    if value is None:
        return "nan"
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value)}".replace("-", "\u2212")
    return f"{value:.{4 if abs(value) < 1e4 else 6}g}".replace("-", "\u2212")


def plural(count: int, singular: str, many: str | None = None) -> str:
    """Return a count with its noun: 1 case, 3 cases."""
    return f"{count:,} {singular if count == 1 else many or singular + 's'}"
