"""The cases of a contract for staff: counted by size, corner and dims, with one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from backmark.grader.model.cases import format_case
from backmark.grader.web.pages import charts


@dataclass(frozen=True, slots=True)
class DimCounts:
    """A dim: its values with their numbers of cases, or the least and the most; of a list its lengths and its items."""

    name: str
    values: str
    lengths: str


@dataclass(frozen=True, slots=True)
class CaseFigures:
    """The figures that were computed when the revision was published."""

    cases: int
    numbers: int
    inconclusive: int
    corners: str
    #: By input numbers.
    sizes: Mapping[str, int]
    dims: tuple[DimCounts, ...]
    #: The dims of one case, and its inputs with their shapes.
    example: str
    inputs: Mapping[str, str]

    @property
    def charts(self) -> tuple[tuple[str, Markup, Mapping[str, int]], ...]:
        """The counts as charts."""
        title = "Cases by input numbers"
        return ((title, charts.draw_bars(title, [*self.sizes], [*self.sizes.values()]), self.sizes),)


def read(raw: Mapping[str, Any]) -> CaseFigures | None:
    """Return the figures of a revision's preview; None if an earlier version stored it."""
    if "sizes" not in raw:
        return None
    return CaseFigures(
        raw["cases"],
        raw["numbers"],
        raw["inconclusive"],
        _format_counts(raw["corners"]),
        raw["sizes"],
        tuple(_read_dim(name, dim) for name, dim in raw["dims"].items()),
        format_case(raw["example"]["dims"]),
        raw["example"]["inputs"],
    )


def _read_dim(name: str, dim: Mapping[str, Any]) -> DimCounts:
    values = f"{dim['least']} to {dim['most']}" if "least" in dim else _format_counts(dim.get("values", {}))
    return DimCounts(name, values, _format_counts(dim.get("lengths", {})))


def _format_counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in counts.items())
