"""The words that all formats share, in text that JSON, XML and the databases behind them all take."""

import re
from collections.abc import Iterable, Iterator

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Mark, Property, Verdict
from backmark.grader.reports import text
from backmark.grader.reports.exceptions import describe_exception, quote_exception
from backmark.grader.reports.outcomes import describe_outcome

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


def clean(value: object, most: int = MOST) -> str:
    """Return text that can be written anywhere: other characters become U+FFFD, and a long text is cut, with a note."""
    written = _UNWRITABLE.sub("\ufffd", str(value))
    return written if len(written) <= most else f"{written[:most]}\n... (cut: {len(written):,} characters)"


def headline(verdict: Verdict) -> str:
    """Return the outcome and the marks, as a sentence each; a refused file has no marks."""
    marks = "" if verdict.outcome is Outcome.REJECTED else f" {verdict.score} of {verdict.max_score} marks."
    return f"{describe_outcome(verdict.outcome)}{marks}"


def trouble(verdict: Verdict) -> str:
    """Return the exception, the way the process ended, or the reason of a refusal; empty if there is none.

    The mistake behind an exception goes before it. The last line is Python's own message.
    """
    error = verdict.error
    if error is None:
        return ""
    if verdict.outcome is Outcome.REJECTED:
        return clean(error.message)
    raised = clean(quote_exception(verdict)).rstrip()
    return "\n\n".join(filter(None, (clean(describe_exception(error)), raised)))


def explain(verdict: Verdict) -> str:
    """Return what is wrong, the lines to change and the hints: what concerns the whole submission."""
    return clean(text.explain(verdict))


def summarize(verdict: Verdict) -> str:
    """Return the headline and what explains it."""
    return "\n\n".join(filter(None, (headline(verdict), explain(verdict))))


def explain_rows(rows: Iterable[Property], verdict: Verdict) -> Iterator[str]:
    """Yield the reason for the outcome of each row; the first one that failed has the smallest case."""
    example = show_example(verdict)
    for row in rows:
        shown = example if row.outcome is Mark.FAILED else ""
        yield "\n\n".join(filter(None, (give_reason(row), shown)))
        example = "" if shown else example


def give_reason(row: Property) -> str:
    """Return the reason for the outcome of a row of the rubric; empty if none is shown."""
    untested = "No case tested this row." if row.outcome is Mark.NOT_RUN and not row.networks else ""
    return "\n\n".join(filter(None, (untested, clean(row.message))))


def show_example(verdict: Verdict) -> str:
    """Return a script with the smallest case on which a submission fails; empty if there is none."""
    example = verdict.counterexample
    if example is None:
        return ""
    # Half of a script cannot be run.
    script = clean(example.script, len(example.script))
    return script if len(script) <= MOST else "The case is too large to show here: it is in the JSON verdict."
