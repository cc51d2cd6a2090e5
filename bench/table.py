"""Rows of measurements as one table of plain text or of Markdown."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

#: The base of times is the floor, or the notebook's loop; that of rates is always the floor.
HEADINGS = ("", "ms, median", "min - max", "n", "time / base", "a minute", "rate / floor", "goal", "")


@dataclass(frozen=True, slots=True)
class Row:
    """One thing measured several times, in milliseconds."""

    name: str
    values: Sequence[float]
    #: How many times as long as what it is compared with; see `compared`.
    ratio: float | None = None
    #: Submissions a minute on two cores, and how many times those of the floor.
    rate: float | None = None
    gain: float | None = None
    goal: str = ""
    note: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """As text, one for each heading."""
        several = len(self.values) > 1
        middle = number(median(self.values)) if self.values else ""
        spread = f"{number(min(self.values))} - {number(max(self.values))}" if several else ""
        count = str(len(self.values)) if several else ""
        rate = f"{self.rate:,.0f}" if self.rate else ""
        return (self.name, middle, spread, count, _times(self.ratio), rate, _times(self.gain), self.goal, self.note)


def compared(values: Sequence[float], bases: Sequence[float]) -> float:
    """The median of the ratios round by round: what was measured in the same minute is compared with each other."""
    return median(value / base for value, base in zip(values, bases, strict=False))


@dataclass(frozen=True, slots=True)
class Section:
    """Rows that are compared with each other."""

    title: str
    rows: Sequence[Row] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"title": self.title, "rows": [asdict(row) for row in self.rows]}

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> "Section":
        """From JSON."""
        return cls(kept["title"], [Row(**row) for row in kept["rows"]])


def text(sections: Sequence[Section]) -> str:
    """One table: medians, spread and ratios in columns, a title above each section."""
    cells = [HEADINGS, *(row.cells for section in sections for row in section.rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [_line(HEADINGS, widths)]
    for section in sections:
        lines += ["", section.title, *(_line(row.cells, widths) for row in section.rows)]
    return "\n".join(lines)


def markdown(section: Section) -> str:
    """A section as a table of its own, without the columns that it leaves empty."""
    rows = [row.cells for row in section.rows]
    used = [at for at in range(len(HEADINGS)) if at == 0 or any(row[at] for row in rows)]
    lines = [[(section.title, *HEADINGS[1:])[at] for at in used], ["---"] * len(used)]
    lines += [[row[at] for at in used] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float) -> str:
    """With three figures or so."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.3f}"


def _times(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}" if value >= 0.1 else f"{value:.1g}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    texts = (
        cell.ljust(width) if at in {0, 7, 8} else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(texts).rstrip()
