"""The words that all formats share, in text that JSON, XML and the databases behind them all take."""

import re

from grader.model.verdict import Mark, Outcome, Property, Verdict
from grader.subjects import kinds

#: Whatever XML 1.0 has no way to write: control characters, lone surrogates, two non-characters. JSON could write them,
#: but PostgreSQL, in which PrairieLearn keeps results, refuses NUL and lone surrogates, and ESC is an instruction to
#: whoever renders terminal colours. And what XML could write, but nobody sees: the other control characters, line ends
#: beside the usual ones, and what turns the order of letters about.
_UNWRITABLE = re.compile(
    "[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    "|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)

#: Characters of one text: all texts of a verdict together stay far below the megabyte that PrairieLearn takes.
MOST = 8000

_HEADLINES = {
    Outcome.PASSED: "Passed",
    Outcome.FAILED: "Failed",
    Outcome.ERROR: "It raises an exception",
    Outcome.TIMEOUT: "It takes too long",
    Outcome.MEMORY: "It needs too much memory",
    Outcome.OUTPUT_LIMIT: "It prints too much",
    Outcome.CRASHED: "It crashed",
    Outcome.REJECTED: "Not graded: it was refused before it ran",
}


def clean(text: object, most: int = MOST) -> str:
    """Return text that can be written anywhere: other characters become U+FFFD, and a long text is cut, with a note."""
    written = _UNWRITABLE.sub("\ufffd", str(text))
    return written if len(written) <= most else f"{written[:most]}\n... (cut: {len(written):,} characters)"


def headline(verdict: Verdict) -> str:
    """Return the outcome and the marks, as a sentence each."""
    return f"{_HEADLINES[verdict.outcome]}. {verdict.score} of {verdict.max_score} marks."


def trouble(verdict: Verdict) -> str:
    """Return the exception, the way the process ended, or the reason of a refusal; empty if there is none."""
    error = verdict.error
    if error is None:
        return ""
    if verdict.outcome is Outcome.REJECTED:
        return clean(error.message)
    return clean(error.traceback or f"{error.type}: {error.message}").rstrip()


def summary(verdict: Verdict) -> str:
    """Return headline and trouble, which concern the whole submission."""
    return "\n\n".join(part for part in (headline(verdict), trouble(verdict)) if part)


def explain(row: Property, verdict: Verdict) -> str:
    """Return the reason for the outcome of a row of the rubric, with the case that shows it."""
    parts = [clean(row.message)] if row.message else []
    if row.outcome is Mark.NOT_RUN:
        parts.insert(0, "Nothing put this to the test.")
    if row.counterexample is not None:
        script, noun = row.counterexample.script, kinds.words(verdict.assignment.kind).noun
        # Half of a script cannot be run.
        parts.append(clean(script) if len(script) <= MOST else f"The {noun} that shows it is in the result object.")
    return "\n\n".join(parts)
