"""The mistake behind an exception, in words."""

from backmark.grader.model.verdict import StudentError
from backmark.grader.reports.plaintext import upper_first


def describe_exception(error: StudentError | None) -> str:
    """Return a sentence or two about the line that raised; empty if nothing is sure."""
    mistake = None if error is None else error.mistake
    if mistake is None:
        return ""
    return f"{upper_first(mistake.line.where)} {mistake.text}"
