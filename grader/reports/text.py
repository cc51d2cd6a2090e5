"""A verdict as plain text, by the standard library alone: for a notebook's cell, a log, a test's message."""

import textwrap
from collections.abc import Iterator, Sequence
from math import prod

from backmark.grader.model.cases import format_case, format_nested
from backmark.grader.model.counterexample import CaseCounterexample
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Mark, Verdict
from backmark.grader.reports.changes import describe_instead, was_judged
from backmark.grader.reports.numpy_text import list_inputs, name_first
from backmark.grader.reports.outcomes import NAMES
from backmark.grader.reports.plaintext import plain
from backmark.grader.reports.view import VerdictView, join_sentences, make_view

SIGNS = {Mark.PASSED: "✓", Mark.FAILED: "✗", Mark.NOT_RUN: "-"}

#: Lines of what was printed that are shown before the verdict would be lost in them.
MOST_PRINTED = 10
_WIDTH = 100
#: Numbers of an array among which a reader sees the wrong one.
_FEW = 4


def render(verdict: Verdict, above: Sequence[str] = (), below: Sequence[str] = ()) -> str:
    """Return the whole verdict, with sentences below its headline and others at its end."""
    view = make_view(verdict)
    notes, closing = (map(_wrap, map(plain, lines)) for lines in (above, below))
    parts = [
        *notes,
        *_explain(view),
        _rubric(view),
        render_example(verdict, view.tally, told=not view.instead),
        f"Your code printed:\n{cut_output(verdict.output)}" if verdict.output else "",
        *closing,
    ]
    return "\n\n".join([describe_file(view), *map(_indent, filter(None, parts))])


def describe_file(view: VerdictView) -> str:
    """Return the line above a verdict: the file, the assignment, the outcome and the marks."""
    verdict = view.verdict
    marked = verdict.outcome is not Outcome.REJECTED and verdict.score is not None
    marks = f"  {verdict.score} of {verdict.max_score} marks" if marked else ""
    name = f"{plain(verdict.submission.filename)} ({verdict.assignment.id})"
    return f"{name}  {NAMES[verdict.outcome]}{marks}"


def explain(verdict: Verdict) -> str:
    """Return what is wrong, the lines to change and the hints: what concerns the whole submission."""
    return "\n\n".join(_explain(make_view(verdict)))


def _explain(view: VerdictView) -> Iterator[str]:
    yield from map(_wrap, list_sentences(view))
    if view.quoted:
        yield plain(view.quoted)
    if view.changes:
        yield _changes(view)
    if view.check:
        yield _wrap(plain(view.check))
    if view.hints:
        yield "\n".join(_wrap(plain(line)) for line in list_hints(view))


def list_sentences(view: VerdictView) -> list[str]:
    """Return the sentences on top, as far as the outcome does not say them: what is wrong, what raised, and remarks."""
    return [plain(text) for text in (join_sentences(view.right, view.wrong), view.more, view.remarks) if text]


def list_hints(view: VerdictView) -> Iterator[str]:
    """Yield the lines of every hint."""
    for number, hint in enumerate(view.hints):
        if number:
            yield "Another possibility:"
            yield hint.title
        yield " ".join(filter(None, (hint.hint, hint.apart)))
        if hint.read:
            yield f"Read again: {hint.read}"


def _rubric(view: VerdictView) -> str:
    lines = []
    for row in view.rows:
        marks = f"  {row.score}/{row.max_score}" if row.max_score else ""
        lines.append(f"{SIGNS[row.outcome]} {row.title}{marks}")
        if row.says:
            lines.append(_indent(_wrap(plain(row.says))))
    return "\n".join(lines)


def _changes(view: VerdictView) -> str:
    lines = [f"{plain(view.heading)}:"]
    for number, change in enumerate(view.changes, 1):
        source = textwrap.indent(plain(change.source), "       ")
        advice = (textwrap.indent(_wrap(plain(text)), "   ") for text in change.advice)
        lines += filter(None, (f"{number}. {plain(change.heading)}", source, *advice))
    return "\n".join(lines)


def render_example(verdict: Verdict, tally: str = "", *, told: bool = False) -> str:
    """Return the inputs of the counterexample as they would be typed, and its results; empty if there is none.

    `told` is true if what came in the place of results is told above.
    """
    example = verdict.counterexample
    if example is None:
        return ""
    lines = list_inputs(example)
    inputs = describe_size(example) if lines is None else "\n".join(lines)
    instead = "" if told else plain(describe_instead(verdict))
    results = instead if example.instead else _results(example)
    return "\n\n".join(filter(None, (title_example(verdict, tally), _indent(inputs), _indent(results))))


def title_example(verdict: Verdict, tally: str) -> str:
    """Return the line above a counterexample; `tally` is the sentence about how many there are."""
    if was_judged(verdict):
        return f"{tally} The smallest case:".lstrip()
    return "The case that your code did not finish:"


def describe_size(example: CaseCounterexample) -> str:
    """Return the sentence that a case is too large to be shown, with its properties."""
    dims = format_case(example.case)
    return f"This case{f' ({dims})' if dims else ''} is too large to show here."


def list_results(example: CaseCounterexample) -> list[tuple[str, str, str, bool]]:
    """Return name, expected and actual value of each result that is shown, and True if it is wrong."""
    alone = any(result.wrong for result in example.results)
    # A single number that is none is null too, and wrong.
    shown = (result for result in example.results if result.wrong or (result.actual is not None and not alone))
    return [
        (result.name, format_nested(result.expected), format_nested(result.actual), bool(result.wrong))
        for result in shown
    ]


def locate_first(example: CaseCounterexample) -> str:
    """Return the sentence about the first wrong number; empty if that is not known, or all numbers are few."""
    few = all(prod(result.shape) <= _FEW for result in example.results if result.wrong)
    return "" if few or example.first is None else f"First wrong number: {name_first(example)}."


def _results(example: CaseCounterexample) -> str:
    rows = list_results(example)
    width = max((len(name) for name, *_ in rows), default=0)
    lines = []
    for name, expected, actual, wrong in rows:
        lines.append(f"{SIGNS[Mark.FAILED] if wrong else ' '} {name:<{width}}  expected {expected}")
        lines.append(f"  {'':<{width}}  actual   {actual}")
    return "\n".join(filter(None, (*lines, locate_first(example))))


def cut_output(output: str) -> str:
    """Return the first lines of what was printed, each once."""
    lines = list(dict.fromkeys(plain(output).rstrip().split("\n")))
    more = [f"... and {len(lines) - MOST_PRINTED} more lines"] if len(lines) > MOST_PRINTED else []
    return "\n".join([*lines[:MOST_PRINTED], *more])


def _indent(text: str) -> str:
    return textwrap.indent(text, "  ")


def _wrap(text: str) -> str:
    return "\n".join(
        textwrap.fill(line, _WIDTH, break_long_words=False, break_on_hyphens=False) for line in text.split("\n")
    )
