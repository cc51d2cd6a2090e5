"""A verdict as plain text, by the standard library alone: for a notebook's cell, a log, a test's message."""

import textwrap
from collections.abc import Iterator, Sequence

from backmark.grader.model.cases import as_case, format_case, format_nested
from backmark.grader.model.counterexample import CaseCounterexample
from backmark.grader.model.verdict import Mark, Outcome, Verdict
from backmark.grader.model.words import CaseWords, find_words
from backmark.grader.reports.changes import HEADING, list_changes
from backmark.grader.reports.checks import describe_check
from backmark.grader.reports.exceptions import describe_exception, quote_exception
from backmark.grader.reports.numpy_text import list_inputs
from backmark.grader.reports.outcomes import NAMES
from backmark.grader.reports.plaintext import plain, sentence
from backmark.grader.reports.remarks import describe_remarks
from backmark.grader.reports.wording import choose_explanations, list_hints, shorten_repeated

SIGNS = {Mark.PASSED: "✓", Mark.FAILED: "✗", Mark.NOT_RUN: "-"}

#: Lines of what was printed that are shown before the verdict would be lost in them.
MOST_PRINTED = 10
_WIDTH = 100


def render(verdict: Verdict, above: Sequence[str] = (), below: Sequence[str] = ()) -> str:
    """Return the whole verdict, with sentences below its headline and others at its end."""
    closing = (_indent(_wrap(plain(line))) for line in below)
    return "\n\n".join(filter(None, (*_parts(verdict, above), *closing)))


def _parts(verdict: Verdict, above: Sequence[str]) -> Iterator[str]:
    yield _headline(verdict)
    yield from (_indent(_wrap(plain(note))) for note in above)
    if verdict.error is not None:
        yield _indent(describe_error(verdict))
    if verdict.outcome is not Outcome.REJECTED:
        yield _indent(_rubric(verdict))
    yield _indent(_wrap(plain(describe_remarks(verdict))))
    yield _indent("\n".join(_wrap(plain(line)) for line, _ in list_explanations(verdict)))
    if verdict.repair:
        yield _indent(_changes(verdict))
    yield _indent(_wrap(plain(describe_check(verdict))))
    if verdict.counterexample is not None:
        yield _indent(render_example(verdict))
    if verdict.output:
        yield _indent(f"Your code printed:\n{cut_output(verdict.output)}")


def _headline(verdict: Verdict) -> str:
    line = f"{plain(verdict.submission.filename)}  {NAMES[verdict.outcome]}"
    if verdict.outcome is not Outcome.REJECTED and verdict.score is not None:
        line += f"  {verdict.score} of {verdict.max_score} marks"
    comparison = describe_comparison(verdict, find_words(verdict.assignment.kind))
    return "\n".join(filter(None, (line, comparison)))


def describe_comparison(verdict: Verdict, words: CaseWords) -> str:
    """Return how much was compared with what, and how long it took; empty if nothing was."""
    figures = verdict.statistics
    if not figures.networks:
        return ""
    undecided = f" ({figures.inconclusive:,} more could not be decided)" if figures.inconclusive else ""
    return (
        f"{verdict.assignment.id}: {figures.derivatives:,} {words.numbers} {words.joint} {figures.networks}"
        f" {words.noun}s compared with finite differences in {figures.seconds:.2f} s{undecided}"
    )


def describe_error(verdict: Verdict) -> str:
    """Return the reason of a refusal, or the mistake behind an exception and the exception itself."""
    if verdict.error is not None and verdict.outcome is Outcome.REJECTED:
        return plain(verdict.error.message)
    return "\n\n".join(filter(None, split_error(verdict)))


def split_error(verdict: Verdict) -> tuple[str, str]:
    """Return the mistake behind an exception in plain words, and the exception; empty texts for what there is not."""
    error = verdict.error
    if error is None:
        return "", ""
    return plain(describe_exception(error)), plain(quote_exception(verdict)).rstrip()


def list_explanations(verdict: Verdict) -> Iterator[tuple[str, bool]]:
    """Yield the lines of every explanation, and the first difference; with each True if it is a title."""
    for number, explanation in enumerate(choose_explanations(verdict)):
        if number:
            yield "Another possibility:", False
        if explanation.title:
            yield explanation.title, True
        yield from ((line, False) for line in list_hints(explanation, verdict))
    if verdict.first_difference is not None:
        yield verdict.first_difference.message, False


def _rubric(verdict: Verdict) -> str:
    lines = []
    for row, message in zip(verdict.properties, shorten_repeated(verdict.properties), strict=True):
        marks = f"  {row.score}/{row.max_score}" if row.max_score else ""
        lines.append(f"{SIGNS[row.outcome]} {row.title}{marks}")
        if message:
            lines.append(_indent(_wrap(plain(message))))
    return "\n".join(lines)


def _changes(verdict: Verdict) -> str:
    lines = [f"{HEADING}:"]
    for number, change in enumerate(list_changes(verdict), 1):
        source = textwrap.indent(plain(change.source), "       ")
        advice = (textwrap.indent(_wrap(plain(text)), "   ") for text in change.advice)
        lines += filter(None, (f"{number}. {plain(change.heading)}", source, *advice))
    return "\n".join(lines)


def render_example(verdict: Verdict) -> str:
    """Return the inputs of the counterexample as they would be typed, and its results; empty if there is none."""
    if verdict.counterexample is None:
        return ""
    example, words = as_case(verdict.counterexample), find_words(verdict.assignment.kind)
    lines = list_inputs(example)
    parts = [
        title_example(verdict, words),
        _indent(describe_size(example, words) if lines is None else "\n".join(lines)),
    ]
    if example.instead is None:
        parts.append(_indent(_results(example, words)))
    elif was_judged(verdict):
        parts.append(_indent(plain(sentence(f"Your code {example.instead}"))))
    return "\n\n".join(parts)


def was_judged(verdict: Verdict) -> bool:
    """Return True if the submission answered every case."""
    return verdict.outcome in {Outcome.FAILED, Outcome.ERROR, Outcome.PASSED}


def title_example(verdict: Verdict, words: CaseWords) -> str:
    """Return the line above a counterexample."""
    if was_judged(verdict):
        return f"The smallest {words.noun} found on which your code fails:"
    return f"The {words.noun} that your code did not finish:"


def describe_size(example: CaseCounterexample, words: CaseWords) -> str:
    """Return the sentence that a case is too large to be shown, with its properties."""
    dims = format_case(example.case)
    return f"This {words.noun}{f' ({dims})' if dims else ''} is too large to show here."


def list_results(example: CaseCounterexample, words: CaseWords) -> list[tuple[str, str, str, bool]]:
    """Return name, expected and actual value of each result that is shown, and True if it is wrong."""
    alone = words.apart and any(result.wrong for result in example.results)
    # A single number that is none is null too, and wrong.
    shown = (result for result in example.results if result.wrong or (result.actual is not None and not alone))
    return [
        (result.name, format_nested(result.expected), format_nested(result.actual), bool(result.wrong))
        for result in shown
    ]


def locate_first(example: CaseCounterexample, words: CaseWords) -> str:
    """Return the sentence about the first wrong number; empty if that is not known."""
    name = name_first(example)
    return f"First wrong number{words.order}: {name}." if name else ""


def name_first(example: CaseCounterexample) -> str:
    """Return the first wrong number as code names it, such as `dw[0, 1]`; empty if that is not known."""
    first = example.first
    if first is None:
        return ""
    return f"{first.result}[{', '.join(map(str, first.index))}]" if first.index else first.result


def _results(example: CaseCounterexample, words: CaseWords) -> str:
    rows = list_results(example, words)
    width = max((len(name) for name, *_ in rows), default=0)
    lines = []
    for name, expected, actual, wrong in rows:
        lines.append(f"{SIGNS[Mark.FAILED] if wrong else ' '} {name:<{width}}  expected {expected}")
        lines.append(f"  {'':<{width}}  actual   {actual}")
    return "\n".join(filter(None, (*lines, locate_first(example, words))))


def cut_output(output: str) -> str:
    """Return the first lines of what was printed."""
    lines = plain(output).rstrip().split("\n")
    more = [f"... and {len(lines) - MOST_PRINTED} more lines"] if len(lines) > MOST_PRINTED else []
    return "\n".join([*lines[:MOST_PRINTED], *more])


def _indent(text: str) -> str:
    return textwrap.indent(text, "  ")


def _wrap(text: str) -> str:
    return "\n".join(
        textwrap.fill(line, _WIDTH, break_long_words=False, break_on_hyphens=False) for line in text.split("\n")
    )
