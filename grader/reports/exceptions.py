"""An exception in words: the mistake behind it, and the line that raised it."""

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import StudentError, Verdict
from backmark.grader.reports.plaintext import upper_first

#: The outcomes of code that answered every case; with all others its process ended, or it was refused.
_ANSWERED = {Outcome.PASSED, Outcome.FAILED, Outcome.ERROR}


def describe_exception(error: StudentError | None, within: str = "") -> str:
    """Return a sentence or two about the line that raised; empty if nothing is sure.

    `within` is the cell or the file that is named already.
    """
    mistake = None if error is None else error.mistake
    if mistake is None:
        return ""
    return f"{upper_first(mistake.line.place(f'line {mistake.line.line}', within))} {mistake.text}"


def quote_exception(verdict: Verdict) -> str:
    """Return the traceback or the exception, or the sentences about a process that ended; empty if there is none."""
    error = verdict.error
    if error is None:
        return ""
    if error.traceback:
        return error.traceback
    return f"{error.type}: {error.message}" if verdict.outcome in _ANSWERED else error.message


def locate_exception(error: StudentError, within: str = "") -> str:
    """Return which line raised what, such as "line 3 raises IndexError"; "your code" did if no line is known.

    `within` is the cell or the file that is named already.
    """
    place = error.frames[-1].place(f"line {error.frames[-1].line}", within) if error.frames else "your code"
    return f"{place} raises {error.type}"
