"""The assignment: the networks, formulas, limits, rubric and feedback that staff choose, as data."""

import json
from dataclasses import dataclass, field

from grader.model.assignment import DEFAULT_KIND, Feedback, Limits
from grader.model.formulas import Formulas
from grader.model.stored import read

#: Bounds of what an assignment's file may set, by which it is checked when it is read.
_MARKS = {"ge": 0, "le": 1000}
_REFERENCE = {"max_length": 100}

#: Relative tolerance. Right float32 arithmetic stays within 1.3e-7 of the scale, the forward pass computed anew or not.
RTOL = 5e-7


@dataclass(frozen=True, slots=True)
class Range:
    """Both ends included."""

    least: int
    most: int

    def __contains__(self, value: int) -> bool:
        return self.least <= value <= self.most


@dataclass(frozen=True, slots=True)
class Home:
    """The one shape of the notebook's own check: where a student looks first."""

    depth: int = 5
    width: int = 6
    inputs: int = 1
    outputs: int = 1
    columns: int = 1

    @property
    def sizes(self) -> tuple[int, ...]:
        """Inputs, hidden widths, outputs."""
        return (self.inputs, *[self.width] * self.depth, self.outputs)


@dataclass(frozen=True, slots=True)
class Ranges:
    """The sizes that networks may be drawn with: hidden layers, units a layer, inputs, outputs, batch columns."""

    depth: Range = Range(0, 8)
    widths: Range = Range(1, 12)
    inputs: Range = Range(1, 4)
    outputs: Range = Range(1, 4)
    columns: Range = Range(1, 1)


@dataclass(frozen=True, slots=True)
class Rubric:
    """Marks for each property; `finite_differences` decides on *passed* and carries none by default."""

    bias_gradient: int = field(default=2, metadata=_MARKS)
    weight_gradient: int = field(default=2, metadata=_MARKS)
    activation_gradient: int = field(default=2, metadata=_MARKS)
    relu_derivative: int = field(default=2, metadata=_MARKS)
    any_shape: int = field(default=2, metadata=_MARKS)
    finite_differences: int = field(default=0, metadata=_MARKS)
    pure: int = field(default=0, metadata=_MARKS)
    form: int = field(default=0, metadata=_MARKS)


#: The notebooks in which equations have other numbers than in those of today.
_EARLIER = "in notebooks before 16 February 2025"


@dataclass(frozen=True, slots=True)
class References:
    """The places in the course's book or notes that explain each line, by the row that judges it; "" for none.

    Without any in a stored assignment they are those of notebook 7.2, as before there were these settings: by both
    editions of it, since the text is read and judges nothing.
    """

    bias_gradient: str = field(default=f"Equation 7.22 (7.21 {_EARLIER})", metadata=_REFERENCE)
    weight_gradient: str = field(default=f"Equation 7.23 (7.22 {_EARLIER})", metadata=_REFERENCE)
    activation_gradient: str = field(default=f"Equation 7.25, its second part (7.24 {_EARLIER})", metadata=_REFERENCE)
    relu_derivative: str = field(default=f"Equation 7.25, its first part (7.24 {_EARLIER})", metadata=_REFERENCE)


@dataclass(frozen=True, slots=True)
class Assignment:
    """The task of a student who differentiates layered networks, as data."""

    id: str
    title: str
    function: str = "backward_pass"
    formulas: Formulas = field(default_factory=Formulas)
    ranges: Ranges = field(default_factory=Ranges)
    home: Home = field(default_factory=Home)
    #: Networks drawn, of which `home_networks` have the notebook's own shape.
    networks: int = 200
    home_networks: int = 20
    seed: int = 0
    #: Relative tolerance, in units of what cancels in an entry.
    rtol: float = RTOL
    limits: Limits = field(default_factory=Limits)
    rubric: Rubric = field(default_factory=Rubric)
    feedback: Feedback = field(default_factory=Feedback)
    references: References = field(default_factory=References)
    #: Fingerprints of the unfilled function, which is refused rather than graded.
    templates: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of homework."""
        return DEFAULT_KIND


def assignment_from_json(text: str) -> Assignment:
    """Return the assignment about networks that `grader.model.stored.assignment_to_json` wrote.

    MadeByNewerVersion if it has fields or names that this version does not know, since they may change a verdict;
    KeyError, TypeError or ValueError if it is no assignment at all.
    """
    return read(Assignment, json.loads(text), strict=True)
