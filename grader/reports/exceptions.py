"""An exception in words: the mistake behind it, and the line that raised it."""

from backmark.grader.model.verdict import StudentError
from backmark.grader.reports.plaintext import upper_first


def describe_exception(error: StudentError | None) -> str:
    """Return a sentence or two about the line that raised; empty if nothing is sure."""
    mistake = None if error is None else error.mistake
    if mistake is None:
        return ""
    return f"{upper_first(mistake.line.where)} {mistake.text}"


def locate_exception(error: StudentError) -> str:
    """Return which line raised what, such as "line 3 raises IndexError"; "your code" did if no line is known."""
    place = error.frames[-1].where if error.frames else "your code"
    return f"{place} raises {error.type}"
