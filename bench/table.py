"""Rows of measurements as one table of plain text, and as what JSON keeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One thing measured several times, in milliseconds."""

    name: str
    values: Sequence[float]
    #: Milliseconds of what it is compared with, and how many times that it should be at most (least, where faster).
    base: float
    goal: str = ""

    @property
    def median(self) -> float:
        """The middle one."""
        return median(self.values)

    @property
    def ratio(self) -> float:
        """How many times the base."""
        return self.median / self.base

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "median_ms": self.median,
            "min_ms": min(self.values),
            "max_ms": max(self.values),
            "ratio": self.ratio,
            "goal": self.goal,
            "values_ms": list(self.values),
        }


def table(title: str, rows: Sequence[Row]) -> str:
    """Medians, spread and ratio, in columns."""
    cells = [(title, "median", "min - max", "n", "ratio", "goal")]
    cells += [
        (
            row.name,
            _number(row.median),
            f"{_number(min(row.values))} - {_number(max(row.values))}",
            str(len(row.values)),
            f"{row.ratio:.2f}",
            row.goal,
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(
            text.ljust(width) if at in {0, 5} else text.rjust(width) for at, (text, width) in enumerate(pairs)
        ).rstrip()
        for pairs in (list(zip(line, widths, strict=True)) for line in cells)
    )


def _number(value: float) -> str:
    return f"{value:.1f}" if value >= 10 else f"{value:.3f}"
