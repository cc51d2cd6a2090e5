"""The mistake behind an exception, in words."""

from grader.model.verdict import StudentError


def describe_exception(error: StudentError | None) -> str:
    """Return a sentence or two about the line that raised; empty if nothing is sure."""
    mistake = None if error is None else error.mistake
    if mistake is None:
        return ""
    place = mistake.line.where
    return f"{place[:1].upper()}{place[1:]} {mistake.text}"
