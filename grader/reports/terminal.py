"""A verdict in a student's words, for a terminal: readable in ten seconds."""

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from backmark.grader.model.cases import as_case
from backmark.grader.model.counterexample import CaseCounterexample
from backmark.grader.model.verdict import Mark, Outcome, Verdict
from backmark.grader.model.words import CaseWords, find_words
from backmark.grader.reports.changes import HEADING, list_changes
from backmark.grader.reports.checks import describe_check
from backmark.grader.reports.numpy_text import list_inputs
from backmark.grader.reports.outcomes import NAMES
from backmark.grader.reports.plaintext import plain, sentence
from backmark.grader.reports.remarks import describe_remarks
from backmark.grader.reports.tally import TallyRow
from backmark.grader.reports.text import (
    MOST_PRINTED,
    SIGNS,
    describe_comparison,
    describe_error,
    describe_size,
    list_explanations,
    list_results,
    locate_first,
    split_error,
    title_example,
    was_judged,
)
from backmark.grader.reports.wording import shorten_repeated

_STYLES = {Outcome.PASSED: "bold green", Outcome.REJECTED: "bold yellow"}
_MARK_STYLES = {Mark.PASSED: "green", Mark.FAILED: "red", Mark.NOT_RUN: "dim"}

_INTERNAL_ERROR = "internal error"
_SCRIPT = "backmark grade FILE --script try.py"


def render(verdict: Verdict) -> RenderableType:
    """Return the whole verdict for a rich console.

    If the course shows hints and nothing else that explains, every explanation is there, with its strong hint if that
    is unlocked.
    """
    return Group(*_parts(verdict))


def _parts(verdict: Verdict) -> Iterator[RenderableType]:
    words = find_words(verdict.assignment.kind)
    yield _headline(verdict, words)
    if verdict.error is not None:
        yield Padding(_error(verdict), (1, 0, 0, 2))
    if verdict.outcome is not Outcome.REJECTED:
        yield Padding(_rubric(verdict), (1, 0, 0, 2))
    if remarks := describe_remarks(verdict):
        yield Padding(Text(plain(remarks)), (1, 0, 0, 2))
    if verdict.diagnosis or verdict.first_difference:
        yield Padding(_diagnosis(verdict), (1, 0, 0, 2))
    if verdict.repair:
        yield Padding(_changes(verdict), (1, 0, 0, 2))
    if check := describe_check(verdict):
        yield Padding(Text(plain(check)), (1, 0, 0, 2))
    if verdict.counterexample is not None:
        yield Padding(_example(as_case(verdict.counterexample), verdict, words), (1, 0, 0, 2))
    if verdict.output:
        yield Padding(_render_output(verdict.output), (1, 0, 0, 2))
    for flag in verdict.flags:
        yield Padding(Text(f"For staff: the submission {flag.title}", style="yellow"), (1, 0, 0, 2))
    yield Text("")


def _headline(verdict: Verdict, words: CaseWords) -> Text:
    style = _STYLES.get(verdict.outcome, "bold red")
    line = Text.assemble((plain(verdict.submission.filename), "bold"), "  ", (NAMES[verdict.outcome], style))
    if verdict.outcome is not Outcome.REJECTED:
        line.append(f"  {verdict.score} of {verdict.max_score} marks", style="bold")
    if comparison := describe_comparison(verdict, words):
        line.append(f"\n{comparison}", style="dim")
    if not verdict.assignment.own_networks:
        line.append(
            f"\nThese are not the assignment's own {words.noun}s: the command names another seed or number.",
            style="yellow",
        )
    return line


def _render_output(output: str) -> Text:
    lines = plain(output).rstrip().split("\n")
    hidden = len(lines) - MOST_PRINTED
    more = f"\n... and {hidden} more lines, which --json shows" if hidden > 0 else ""
    return Text.assemble(("Your code printed:\n", "bold"), "\n".join(lines[:MOST_PRINTED]), (more, "dim"))


def _error(verdict: Verdict) -> Text:
    if verdict.outcome is Outcome.REJECTED:
        return Text(describe_error(verdict))
    mistake, raised = split_error(verdict)
    return Text.assemble((f"{mistake}\n\n" if mistake else "", "bold"), (raised, "red"))


def _rubric(verdict: Verdict) -> Table:
    """Return sign, title and marks, a row each; what went wrong stands under the title, in the full width."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=1)
    table.add_column(ratio=1)
    table.add_column(justify="right", no_wrap=True, min_width=3)
    marked = any(row.max_score for row in verdict.properties)
    for row, message in zip(verdict.properties, shorten_repeated(verdict.properties), strict=True):
        style = _MARK_STYLES[row.outcome]
        emphasis = "dim" if marked and not row.max_score else "" if row.outcome is Mark.PASSED else "bold"
        text = Text(row.title, style=emphasis)
        if message:
            text.append(f"\n{plain(message)}", style="not bold dim")
        table.add_row(
            Text(SIGNS[row.outcome], style=style), text, f"{row.score}/{row.max_score}" if row.max_score else ""
        )
    return table


def _changes(verdict: Verdict) -> RenderableType:
    """Return the lines that must be changed, numbered, each with its source and what helps to change it."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(justify="right")
    table.add_column(ratio=1)
    for number, change in enumerate(list_changes(verdict), 1):
        parts: list[RenderableType] = [Text(plain(change.heading), style="bold")]
        if change.source:
            parts.append(Padding(Text(plain(change.source), style="cyan"), (0, 0, 0, 4)))
        parts += [Text(plain(line)) for line in change.advice]
        table.add_row(Text(f"{number}.", style="bold"), Group(*parts))
    return Group(Text(f"{HEADING}:", style="bold"), table)


def _diagnosis(verdict: Verdict) -> Text:
    """Return the explanations of every answer, with their weaker hints, and the first difference."""
    return Text("\n").join(
        Text(line, style="bold" if is_title else "") for line, is_title in list_explanations(verdict)
    )


def _example(example: CaseCounterexample, verdict: Verdict, words: CaseWords) -> RenderableType:
    """Return the inputs as the student would type them, then expected and actual values side by side."""
    parts: list[RenderableType] = [Text(title_example(verdict, words), style="bold")]
    lines = list_inputs(example)
    inputs = (
        Text(f"{describe_size(example, words)} Its script has every number.")
        if lines is None
        else Text("\n".join(lines), "cyan")
    )
    parts.append(Padding(inputs, (1, 0, 0, 2)))
    if example.instead is None:
        parts.append(Padding(_render_results(example, words), (1, 0, 0, 2)))
    elif was_judged(verdict):
        parts.append(Padding(Text(plain(sentence(f"Your code {example.instead}")), style="red"), (1, 0, 0, 2)))
    if example.script:
        script = f"To get this {words.noun} as a script to run below your own code: {_SCRIPT}"
        parts.append(Padding(Text(script, style="dim"), (1, 0, 0, 0)))
    return Group(*parts)


def _render_results(example: CaseCounterexample, words: CaseWords) -> RenderableType:
    table = _table()
    for name, expected, actual, is_wrong in list_results(example, words):
        table.add_row(name, expected, actual, style="red" if is_wrong else "")
    where = locate_first(example, words)
    return Group(table, Text(where, style="red")) if where else table


def _table() -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in ("", "expected", "actual"):
        table.add_column(heading, no_wrap=heading == "", overflow="fold")
    return table


def summary(rows: Sequence[TallyRow]) -> RenderableType:
    """Return a line for each submission, and their tally."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for row in rows:
        if row.outcome is None:
            table.add_row(plain(row.name), Text(_INTERNAL_ERROR, style="bold red"), "no verdict")
            continue
        style = _STYLES.get(row.outcome, "bold red")
        table.add_row(
            plain(row.name),
            Text(NAMES[row.outcome], style=style),
            f"{row.score}/{row.max_score}" if row.max_score else "",
        )
    return Group(table, tally(rows))


def tally(rows: Sequence[TallyRow]) -> RenderableType:
    """Return how many passed, how many have each other outcome, and how many make each mistake or lose each row."""
    return Group(*_tally(rows))


def _tally(rows: Sequence[TallyRow]) -> Iterator[RenderableType]:
    outcomes = Counter(row.outcome for row in rows)
    others = [
        f"{_INTERNAL_ERROR if outcome is None else NAMES[outcome]}: {outcomes[outcome]}"
        for outcome in (*Outcome, None)
        if outcomes[outcome] and outcome is not Outcome.PASSED
    ]
    passed = f"{outcomes[Outcome.PASSED]} of {len(rows)} passed"
    yield Text("; ".join([passed, ", ".join(others)] if others else [passed]), style="bold")
    mistakes = Counter(title for row in rows for title in row.mistakes)
    if mistakes:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(justify="right")
        for title, number in sorted(mistakes.items(), key=lambda item: (-item[1], item[0])):
            table.add_row(str(number), title)
        yield Text("Mistakes:", style="bold")
        yield Padding(table, (0, 0, 0, 2))
