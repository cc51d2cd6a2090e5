"""A revision for staff: the known mistakes that it catches, and the shapes of its networks if it is about these."""

import json
from dataclasses import dataclass, fields
from typing import Any

from markupsafe import Markup

from grader.model.assignment import NETWORKS
from grader.model.records import CaughtMistake, RevisionRecord
from grader.model.stored import settings
from grader.web.pages import charts, shapes
from grader.web.pages.presentation import words


@dataclass(frozen=True, slots=True)
class CornerExample:
    """One network of a corner, and the number of networks in it."""

    corner: str
    networks: int
    drawing: Markup


@dataclass(frozen=True, slots=True)
class Preview:
    """The figures that were computed when the revision was published."""

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
    def charts(self) -> tuple[tuple[str, Markup, dict[str, int]], ...]:
        """The counts as charts."""
        return (
            _draw_counts("Networks by hidden layers", self.depth),
            _draw_counts("Hidden layers by units", self.widths),
        )


def preview(revision: RevisionRecord) -> Preview | None:
    """Return a revision's preview; None if it was published before previews were stored, or is not about networks."""
    if not revision.preview or settings(revision.assignment).get("kind", NETWORKS) != NETWORKS:
        return None
    raw: dict[str, Any] = json.loads(revision.preview)
    corners: dict[str, int] = raw.pop("corners")
    examples = [
        CornerExample(corner, corners[corner], shapes.draw(sizes))
        for corner, sizes in ((example["corner"], example["sizes"]) for example in raw.pop("examples"))
    ]
    known = {name: raw[name] for name in raw.keys() & {field.name for field in fields(Preview)}}
    return Preview(**known, examples=tuple(examples))


def catches(revision: RevisionRecord) -> tuple[CaughtMistake, ...]:
    """Return the known mistakes that a revision of any kind catches, those that the fewest cases catch first."""
    mistakes = json.loads(revision.preview or "{}").get("mistakes", ())
    read = (CaughtMistake(mistake["id"], _sentence(mistake["title"]), mistake["networks"]) for mistake in mistakes)
    return tuple(sorted(read, key=lambda catch: catch.networks))


def noun(revision: RevisionRecord) -> str:
    """Return the word for a case of a revision."""
    return words(settings(revision.assignment).get("kind", NETWORKS)).noun


def _sentence(title: str) -> str:
    """Return the title as the diagnosis writes it."""
    return f"It {title}."


def _draw_counts(title: str, counts: dict[str, int]) -> tuple[str, Markup, dict[str, int]]:
    return title, charts.draw_bars(title, [*counts], [*counts.values()]), counts
