"""A revision's networks for staff: what they look like, and which known mistakes they catch."""

import json
from dataclasses import dataclass, fields
from typing import Any

from markupsafe import Markup

from grader.model.records import Revision
from grader.model.stored import settings
from grader.model.verdict import NETWORKS
from grader.web.pages import charts, shapes


@dataclass(frozen=True, slots=True)
class Example:
    """One network of a corner, of which there are so many."""

    corner: str
    networks: int
    said: str
    drawing: Markup


@dataclass(frozen=True, slots=True)
class Catch:
    """A known mistake, and how many of the networks see it."""

    id: str
    title: str
    networks: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What was worked out when it was published."""

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
    #: What the fewest networks see first.
    catches: tuple[Catch, ...]
    examples: tuple[Example, ...]

    @property
    def charts(self) -> tuple[tuple[str, Markup, dict[str, int]], ...]:
        """What is counted, drawn."""
        return (
            _counted("Networks by hidden layers", self.depth),
            _counted("Hidden layers by units", self.widths),
        )


def preview(revision: Revision) -> Preview | None:
    """What is known of it; None for one that was published before this was kept, or that is not about networks."""
    if not revision.preview or settings(revision.assignment).get("kind", NETWORKS) != NETWORKS:
        return None
    told: dict[str, Any] = json.loads(revision.preview)
    catches = [Catch(each["id"], _sentence(each["title"]), each["networks"]) for each in told.pop("mistakes")]
    corners: dict[str, int] = told.pop("corners")
    examples = [
        Example(each["corner"], corners[each["corner"]], shapes.said(each["sizes"]), shapes.drawn(each["sizes"]))
        for each in told.pop("examples")
    ]
    known = {name: told[name] for name in told.keys() & {field.name for field in fields(Preview)}}
    return Preview(**known, catches=tuple(sorted(catches, key=lambda each: each.networks)), examples=tuple(examples))


def _sentence(title: str) -> str:
    """As the diagnosis says it."""
    return f"It {title}."


def _counted(title: str, counts: dict[str, int]) -> tuple[str, Markup, dict[str, int]]:
    return title, charts.bars(title, [*counts], [*counts.values()]), counts
