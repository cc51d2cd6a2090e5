"""The cases of a contract for staff: counted by size, corner and dims, with one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backmark.grader.model.cases import format_case
from backmark.grader.reports.html.charts import Chart, draw_bars


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
    #: The number of cases by how many numbers their inputs have.
    sizes: Mapping[str, int]
    dims: tuple[DimCounts, ...]
    #: The dims of one case, and its inputs with their shapes.
    example: str
    inputs: Mapping[str, str]

    @property
    def chart(self) -> Chart:
        """The counts by size as a chart."""
        drawing = draw_bars("Cases by input size", [*self.sizes], [*self.sizes.values()])
        return Chart(drawing, ("Numbers in the inputs", "Cases"), tuple(self.sizes.items()))


def read(raw: Mapping[str, Any]) -> CaseFigures | None:
    """Return the figures of a revision's preview; None if it has none."""
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
