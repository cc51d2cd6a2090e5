"""Why a submission is refused before it runs, in words that teach."""

from collections.abc import Iterable

#: Longest stretch of a student's line that a message quotes, in characters: a legal line can be 1 MiB long.
QUOTED = 120


class Rejected(Exception):
    """The submission cannot be graded: `reason` is a fixed word, `message` what is wrong and what to do.

    `lines` are those that the message names, each with its cell (0 in a file).
    """

    def __init__(self, reason: str, message: str, lines: Iterable[tuple[int, int]] = ()) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message
        self.lines = tuple(lines)


def escape(text: str) -> str:
    """Make text safe to print and encode: control characters and surrogates as escapes, tabs as blanks."""
    text = text.expandtabs(4)
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def quote(text: str) -> str:
    """Quote a line: printable, and cut if it is too long."""
    return escape(text[:QUOTED]) + ("..." if len(text) > QUOTED else "")


def underline(line: str, column: int) -> str:
    """Show the line, indented, with a caret under its column (1 is the first), cut to what is near."""
    column = min(max(column, 1), len(line) + 1)
    start = max(0, column - 1 - QUOTED // 2)
    stop = start + QUOTED
    before = ("..." if start else "") + escape(line[start : column - 1])
    after = escape(line[column - 1 : stop]) + ("..." if stop < len(line) else "")
    return f"    {before}{after}\n    {' ' * len(before)}^"
