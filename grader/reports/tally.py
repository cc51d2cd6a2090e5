"""Many verdicts on a terminal: a line for each submission, and how many have each outcome and each mistake."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.model.verdict import Outcome, Verdict
from grader.reports.plaintext import plain
from grader.reports.terminal import HEADLINES

INTERNAL_ERROR = "internal error"


@dataclass(frozen=True, slots=True)
class TallyRow:
    """A submission in a list of many."""

    name: str
    #: None if Backmark itself raised.
    outcome: Outcome | None
    score: int = 0
    max_score: int = 0
    #: The titles of the mistakes that explain it.
    mistakes: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, verdict: Verdict) -> "TallyRow":
        """Return the row of a verdict."""
        titles = tuple(mistake.title for mistake in verdict.mistakes if mistake.title)
        return cls(name, verdict.outcome, verdict.score, verdict.max_score, titles)


def summary(rows: Sequence[TallyRow]) -> RenderableType:
    """Return a line for each submission, and their tally."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for row in rows:
        if row.outcome is None:
            table.add_row(plain(row.name), Text(INTERNAL_ERROR, style="bold red"), "no verdict")
            continue
        words, style = HEADLINES[row.outcome]
        table.add_row(
            plain(row.name), Text(words, style=style), f"{row.score}/{row.max_score}" if row.max_score else ""
        )
    return Group(table, tally(rows))


def tally(rows: Sequence[TallyRow]) -> RenderableType:
    """Return how many passed, how many have each other outcome, and how many make each mistake."""
    return Group(*_tally(rows))


def _tally(rows: Sequence[TallyRow]) -> Iterator[RenderableType]:
    outcomes = Counter(row.outcome for row in rows)
    others = [
        f"{INTERNAL_ERROR if outcome is None else HEADLINES[outcome][0]} {outcomes[outcome]}"
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
