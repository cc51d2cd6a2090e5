"""The figures of the cases that an assignment draws, for its author."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Survey:
    """The figures of a revision's cases: as JSON, and as sentences and counts for people."""

    figures: Mapping[str, Any]
    sentences: tuple[str, ...]
    #: A title, and the number of cases by what they have of it.
    counts: tuple[tuple[str, Mapping[str, int]], ...]
