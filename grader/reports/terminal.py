"""A verdict in a student's words, for a terminal: readable in ten seconds."""

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from backmark.grader.model.counterexample import CaseCounterexample
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Mark, Verdict
from backmark.grader.reports.numpy_text import list_inputs
from backmark.grader.reports.outcomes import NAMES
from backmark.grader.reports.plaintext import plain
from backmark.grader.reports.tally import TallyRow
from backmark.grader.reports.text import (
    SIGNS,
    cut_output,
    describe_file,
    describe_size,
    list_hints,
    list_results,
    list_sentences,
    locate_first,
    title_example,
)
from backmark.grader.reports.view import VerdictView, make_view

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
    view = make_view(verdict)
    yield _headline(view)
    for part in _indented(view):
        yield Padding(part, (1, 0, 0, 2))
    yield Text("")


def _indented(view: VerdictView) -> Iterator[RenderableType]:
    """Yield what stands below the headline, each with an empty line above it."""
    verdict = view.verdict
    for number, text in enumerate(list_sentences(view)):
        yield Text(text, style="" if number else "bold")
    if view.quoted:
        yield Text(plain(view.quoted), style="red")
    if view.changes:
        yield _changes(view)
    if view.check:
        yield Text(plain(view.check))
    if view.hints:
        yield Text("\n".join(list_hints(view)))
    if view.rows:
        yield _rubric(view)
    if verdict.counterexample is not None:
        yield _example(verdict.counterexample, view)
    if verdict.output:
        yield Text.assemble(("Your code printed:\n", "bold"), cut_output(verdict.output))
    for flag in verdict.flags:
        yield Text(f"For staff: the submission {flag.title}", style="yellow")


def _headline(view: VerdictView) -> Text:
    line = Text(describe_file(view), style=_STYLES.get(view.verdict.outcome, "bold red"))
    if not view.verdict.assignment.own_networks:
        line.append(
            "\nThese are not the assignment's own cases: the command names another seed or number.",
            style="yellow",
        )
    return line


def _rubric(view: VerdictView) -> Table:
    """Return sign, title and marks, a row each; what went wrong stands under the title, in the full width."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=1)
    table.add_column(ratio=1)
    table.add_column(justify="right", no_wrap=True, min_width=3)
    for row in view.rows:
        emphasis = "dim" if row.unmarked else "" if row.outcome is Mark.PASSED else "bold"
        text = Text(row.title, style=emphasis)
        if row.says:
            text.append(f"\n{plain(row.says)}", style="not bold dim")
        marks = f"{row.score}/{row.max_score}" if row.max_score else ""
        table.add_row(Text(SIGNS[row.outcome], style=_MARK_STYLES[row.outcome]), text, marks)
    return table


def _changes(view: VerdictView) -> RenderableType:
    """Return the lines that must be changed, numbered, each with its source and what helps to change it."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(justify="right")
    table.add_column(ratio=1)
    for number, change in enumerate(view.changes, 1):
        parts: list[RenderableType] = [Text(plain(change.heading), style="bold")]
        if change.source:
            parts.append(Padding(Text(plain(change.source), style="cyan"), (0, 0, 0, 4)))
        parts += [Text(plain(line)) for line in change.advice]
        table.add_row(Text(f"{number}.", style="bold"), Group(*parts))
    return Group(Text(f"{plain(view.heading)}:", style="bold"), table)


def _example(example: CaseCounterexample, view: VerdictView) -> RenderableType:
    """Return the inputs as the student would type them, then expected and actual values side by side."""
    lines = list_inputs(example)
    inputs = (
        Text(f"{describe_size(example)} Its script has every number.")
        if lines is None
        else Text("\n".join(lines), "cyan")
    )
    parts: list[RenderableType] = [
        Text(title_example(view.verdict, view.tally), style="bold"),
        Padding(inputs, (1, 0, 0, 2)),
    ]
    if view.instead:
        parts.append(Padding(Text(plain(view.instead), style="red"), (1, 0, 0, 2)))
    elif example.instead is None:
        parts.append(Padding(_render_results(example), (1, 0, 0, 2)))
    if example.script:
        script = f"As a script: {_SCRIPT}"
        parts.append(Padding(Text(script, style="dim"), (1, 0, 0, 0)))
    return Group(*parts)


def _render_results(example: CaseCounterexample) -> RenderableType:
    table = _table()
    for name, expected, actual, is_wrong in list_results(example):
        table.add_row(name, expected, actual, style="red" if is_wrong else "")
    where = locate_first(example)
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
