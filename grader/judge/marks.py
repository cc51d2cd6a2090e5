"""What a subject concludes of its own rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from grader.judge.row import Row
from grader.oracle.answers import Evidence, Raised


@dataclass(frozen=True, slots=True)
class RowSpec:
    """A row of the rubric: what it is called, and the most marks that it gives."""

    name: str
    title: str
    most: int


@dataclass(frozen=True, slots=True)
class Marks:
    """A subject's own rows of a submission that is wrong somewhere."""

    #: A row of a name that the judge has, too, takes its place.
    rows: dict[str, Row]
    #: What was read of the student's function on its way, by case, for the diagnosis.
    evidence: Mapping[int, Evidence] = field(default_factory=dict)
    #: What it raised, if that left nothing to judge.
    raised: Raised | None = None
