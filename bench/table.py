"""Tables of measurements, as plain text and as Markdown."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

#: The base of times is the floor, or the notebook's loop; that of rates is always the floor.
HEADINGS = ("", "ms, median", "min - max", "n", "time / base", "a minute", "rate / floor", "goal", "")
#: The columns of words, which are aligned to the left.
_WORDS = frozenset({0, 7, 8})


@dataclass(frozen=True, slots=True)
class Row:
    """A thing that was measured several times, in milliseconds."""

    name: str
    values: Sequence[float]
    #: The time as a multiple of the base's; see `median_ratio`.
    ratio: float | None = None
    #: Submissions a minute on two cores, and the same as a multiple of the floor's.
    rate: float | None = None
    gain: float | None = None
    goal: str = ""
    note: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """The texts of the row, one for each heading."""
        several = len(self.values) > 1
        middle = format_number(median(self.values)) if self.values else ""
        spread = f"{format_number(min(self.values))} - {format_number(max(self.values))}" if several else ""
        count = str(len(self.values)) if several else ""
        rate = f"{self.rate:,.0f}" if self.rate else ""
        ratio, gain = _format_ratio(self.ratio), _format_ratio(self.gain)
        return (self.name, middle, spread, count, ratio, rate, gain, self.goal, self.note)


def median_ratio(values: Sequence[float], bases: Sequence[float]) -> float:
    """Return the median of the ratios round by round: values of the same minute are compared with each other."""
    return median(value / base for value, base in zip(values, bases, strict=False))


@dataclass(frozen=True, slots=True)
class Section:
    """Rows that are compared with each other."""

    title: str
    rows: Sequence[Row] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the section as JSON."""
        return {"title": self.title, "rows": [asdict(row) for row in self.rows]}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Section":
        """Read the section from JSON."""
        return cls(stored["title"], [Row(**row) for row in stored["rows"]])


def render_sections(sections: Sequence[Section]) -> str:
    """Return one table: medians, spreads and ratios in columns, a title above each section."""
    cells = [HEADINGS, *(row.cells for section in sections for row in section.rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [_align(HEADINGS, widths)]
    for section in sections:
        lines += ["", section.title, *(_align(row.cells, widths) for row in section.rows)]
    return "\n".join(lines)


def render_section_markdown(section: Section) -> str:
    """Return the section as a Markdown table, without its empty columns."""
    rows = [row.cells for row in section.rows]
    columns = [index for index in range(len(HEADINGS)) if index == 0 or any(row[index] for row in rows)]
    headings = (section.title, *HEADINGS[1:])
    return render_markdown([headings[index] for index in columns], ([row[index] for index in columns] for row in rows))


def render_markdown(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def render_counts(counts: Iterable[tuple[str, object]]) -> list[str]:
    """Return a line for each count: its name, and the number aligned to the right."""
    return [f"{name:<24}{number!s:>8}" for name, number in counts]


def format_number(value: float) -> str:
    """Return the number with about three figures."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.3f}"


def _format_ratio(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}" if value >= 0.1 else f"{value:.1g}"


def _align(cells: Sequence[str], widths: Sequence[int]) -> str:
    texts = (
        cell.ljust(width) if index in _WORDS else cell.rjust(width)
        for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(texts).rstrip()
