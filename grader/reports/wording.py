"""The words that all formats share, in text that JSON, XML and the databases behind them all take."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from backmark.grader.model.assignment import Level
from backmark.grader.model.verdict import Diagnosis, Mark, Outcome, Property, Verdict
from backmark.grader.model.words import find_words
from backmark.grader.reports.changes import HEADING, list_changes
from backmark.grader.reports.checks import describe_check
from backmark.grader.reports.exceptions import describe_exception, quote_exception
from backmark.grader.reports.outcomes import describe_outcome
from backmark.grader.reports.remarks import describe_remarks

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

#: Characters of a row's message that is repeated under another row.
_SHORT = 40


def clean(text: object, most: int = MOST) -> str:
    """Return text that can be written anywhere: other characters become U+FFFD, and a long text is cut, with a note."""
    written = _UNWRITABLE.sub("\ufffd", str(text))
    return written if len(written) <= most else f"{written[:most]}\n... (cut: {len(written):,} characters)"


def headline(verdict: Verdict) -> str:
    """Return the outcome and the marks, as a sentence each; a refused file has no marks."""
    marks = "" if verdict.outcome is Outcome.REJECTED else f" {verdict.score} of {verdict.max_score} marks."
    return f"{describe_outcome(verdict.outcome, find_words(verdict.assignment.kind))}{marks}"


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


def summary(verdict: Verdict) -> str:
    """Return headline, trouble and explanation, which concern the whole submission."""
    return "\n\n".join(part for part in (headline(verdict), trouble(verdict), explanation(verdict)) if part)


def explanation(verdict: Verdict) -> str:
    """Return the remarks, the mistake with its hints, the lines to change, the first difference, the notebook's check.

    It is empty if there is none of these.
    """
    parts = [clean(describe_remarks(verdict))]
    for diagnosis in choose_explanations(verdict):
        lines = [diagnosis.title, *list_hints(diagnosis, verdict)]
        parts.append(clean("\n".join(line for line in lines if line)))
    if verdict.repair:
        parts.append(_list_lines(verdict))
    if verdict.first_difference is not None:
        parts.append(clean(verdict.first_difference.message))
    parts.append(clean(describe_check(verdict)))
    return "\n\n".join(part for part in parts if part)


def _list_lines(verdict: Verdict) -> str:
    """Return the lines that must be changed as a numbered list, each quoted and with what helps to change it."""
    parts = []
    for number, change in enumerate(list_changes(verdict), 1):
        source = textwrap.indent(change.source, "       ")
        advice = (f"   {line}" for line in change.advice)
        parts.append(clean("\n".join(filter(None, (f"{number}. {change.heading}", source, *advice)))))
    return clean("\n".join([f"{HEADING}:", *parts]))


def choose_explanations(verdict: Verdict) -> Sequence[Diagnosis]:
    """Return the explanations that are shown: where hints stand alone all, else the best.

    If several are equally good, the first says how it differs from the others.
    """
    return verdict.diagnosis if verdict.level is Level.HINT else verdict.diagnosis[:1]


def list_hints(diagnosis: Diagnosis, verdict: Verdict) -> Iterator[str]:
    """Yield the weaker hint, the strong one where a course shows hints alone and has unlocked it, and what to read."""
    if hint := " ".join(text for text in (diagnosis.hint, diagnosis.apart) if text):
        yield hint
    if verdict.level is Level.HINT and diagnosis.strong_hint not in {"", diagnosis.hint}:
        yield diagnosis.strong_hint
    if diagnosis.read:
        yield f"Read again: {diagnosis.read}"


def shorten_repeated(rows: Iterable[Property]) -> Iterator[str]:
    """Yield the message of each row, for a rubric whose rows stand below each other.

    Rows that were not judged for the same reason say it once; one that fails says that it has one.
    """
    previous = ""
    for row in rows:
        short = row.message if len(row.message) <= _SHORT else "Same as above."
        again = short if row.message and row.outcome is Mark.FAILED else ""
        yield row.message if row.message != previous else again
        previous = row.message


def explain(row: Property, verdict: Verdict) -> str:
    """Return the reason for the outcome of a row of the rubric, with the case that shows it."""
    return "\n\n".join(filter(None, (give_reason(row), show_example(row, verdict))))


def give_reason(row: Property) -> str:
    """Return the reason for the outcome of a row of the rubric; empty if none is shown."""
    parts = [clean(row.message)] if row.message else []
    if row.outcome is Mark.NOT_RUN and not row.networks:
        parts.insert(0, "No case tested this row.")
    return "\n\n".join(parts)


def show_example(row: Property, verdict: Verdict) -> str:
    """Return a script with the case that shows that a row failed; empty if the script of a row before is shown."""
    first = next((other for other in verdict.properties if other.counterexample is not None), None)
    if row.counterexample is None or row is not first:
        return ""
    script, noun = row.counterexample.script, find_words(verdict.assignment.kind).noun
    # Half of a script cannot be run.
    return clean(script) if len(script) <= MOST else f"The {noun} is too large to show here: it is in the JSON verdict."
