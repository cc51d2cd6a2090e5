"""The networks of a revision for staff: counted, and the shape of one of each corner drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from markupsafe import Markup

from grader.web.pages import charts
from grader.web.pages.networks import shapes

#: The kind of homework whose figures these are.
KIND = "networks"


@dataclass(frozen=True, slots=True)
class CornerExample:
    """One network of a corner, and the number of networks in it."""

    corner: str
    networks: int
    drawing: Markup


@dataclass(frozen=True, slots=True)
class NetworkFigures:
    """The figures that were computed when the revision was published."""

    TEMPLATE: ClassVar[str] = "networks/figures.html"
    DETAILS: ClassVar[str] = "networks/corners.html"

    networks: int
    derivatives: int
    inconclusive: int
    dead_layers: int
    all_active: int
    #: By hidden layers, and by units of a hidden layer.
    depth: dict[str, int]
    widths: dict[str, int]
    inputs: dict[str, int]
    outputs: dict[str, int]
    columns: dict[str, int]
    examples: tuple[CornerExample, ...]

    @property
    def cases(self) -> int:
        """The number of networks."""
        return self.networks

    @property
    def charts(self) -> tuple[tuple[str, Markup, dict[str, int]], ...]:
        """The counts as charts."""
        return (
            _draw_counts("Networks by hidden layers", self.depth),
            _draw_counts("Hidden layers by units", self.widths),
        )


def read(raw: Mapping[str, Any]) -> NetworkFigures:
    """Return the figures of a revision's preview."""
    corners: Mapping[str, int] = raw["corners"]
    examples = [
        CornerExample(corner, corners[corner], shapes.draw(sizes))
        for corner, sizes in ((example["corner"], example["sizes"]) for example in raw["examples"])
    ]
    known = {field.name: raw[field.name] for field in fields(NetworkFigures) if field.name in raw}
    return NetworkFigures(**{**known, "examples": tuple(examples)})


def _draw_counts(title: str, counts: dict[str, int]) -> tuple[str, Markup, dict[str, int]]:
    return title, charts.draw_bars(title, [*counts], [*counts.values()]), counts
