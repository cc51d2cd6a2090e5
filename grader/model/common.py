"""The settings that every stored assignment has, whichever version wrote it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from backmark.grader.model.assignment import Feedback, Limits


@dataclass(frozen=True, slots=True)
class CommonSettings:
    """The settings of a stored assignment, as store and pages read it."""

    id: str
    title: str
    kind: str
    function: str
    #: Marks by the name of a row.
    rubric: Mapping[str, int]
    limits: Limits = field(default_factory=Limits)
    feedback: Feedback = field(default_factory=Feedback)
    seed: int = 0
    templates: tuple[str, ...] = ()
