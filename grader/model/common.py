"""The settings that every assignment has, whatever its kind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from grader.model.assignment import Feedback, Limits


@dataclass(frozen=True, slots=True)
class CommonSettings:
    """The settings that an assignment of any kind has, as store and pages read it."""

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


class AnyAssignment(Protocol):
    """An assignment of any kind: a frozen dataclass of its kind's own, of which nobody else knows more than this."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def id(self) -> str:
        """Its name in a course."""
        ...

    @property
    def title(self) -> str:
        """The title that students see."""
        ...

    @property
    def kind(self) -> str:
        """The kind of homework."""
        ...

    @property
    def function(self) -> str:
        """The name of the function that students write."""
        ...

    @property
    def limits(self) -> Limits:
        """The resources that one submission may use."""
        ...

    @property
    def feedback(self) -> Feedback:
        """The parts of a verdict that a student is shown."""
        ...

    @property
    def seed(self) -> int:
        """The seed that its cases are drawn from."""
        ...

    @property
    def templates(self) -> tuple[str, ...]:
        """Fingerprints of the unfilled function."""
        ...
