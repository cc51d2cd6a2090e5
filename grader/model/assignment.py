"""The assignment: the networks, formulas, limits, rubric and feedback that staff choose, as data."""

from dataclasses import dataclass, field
from enum import StrEnum

#: The kind of homework of assignments and verdicts that name none.
NETWORKS = "networks"

#: Bounds of what an assignment's file may set, by which it is checked when it is read.
_MARKS = {"ge": 0, "le": 1000}
_ATTEMPTS = {"ge": 0, "le": 1000}

#: Relative tolerance. Right float32 arithmetic stays within 1.3e-7 of the scale, the forward pass computed anew or not.
RTOL = 5e-7


class Activation(StrEnum):
    """The function that follows each hidden preactivation."""

    RELU = "relu"
    LEAKY_RELU = "leaky_relu"
    TANH = "tanh"
    SIGMOID = "sigmoid"

    @property
    def kinked(self) -> bool:
        """True if it is piecewise linear, with a kink at zero."""
        return self in {Activation.RELU, Activation.LEAKY_RELU}


class Loss(StrEnum):
    """The function that is differentiated, summed over the outputs."""

    LEAST_SQUARES = "least_squares"
    BINARY_CROSS_ENTROPY = "binary_cross_entropy"
    SOFTMAX_CROSS_ENTROPY = "softmax_cross_entropy"


class Reduction(StrEnum):
    """The way from the losses of a batch's columns to one number."""

    SUM = "sum"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Formulas:
    """The activation and the loss of an assignment; `slope` is leaky_relu's below zero."""

    activation: Activation = Activation.RELU
    loss: Loss = Loss.LEAST_SQUARES
    slope: float = 0.1
    reduction: Reduction = Reduction.SUM


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
class Limits:
    """The resources that one submission may use."""

    #: Seconds for one call, computing or asleep.
    seconds_per_call: float = 2.0
    #: Seconds for all calls in all jails of a submission together, computing or asleep.
    seconds: float = 20.0
    #: Bytes of address space, interpreter and NumPy included.
    memory: int = 1 << 30
    #: Bytes printed.
    output: int = 1 << 20


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


class Level(StrEnum):
    """The part of a verdict that a student is shown."""

    #: The outcome and the marks.
    SCORE = "score"
    #: Which properties hold, and where to look: no network and none of its numbers.
    HINT = "hint"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Feedback:
    """The parts of a verdict that a student is shown, by the number of the attempt. Staff see all of it."""

    level: Level = Level.FULL
    #: Attempts after which the hint becomes the strong one; 0: never.
    strong_hint_after: int = field(default=0, metadata=_ATTEMPTS)
    #: Attempts after which everything is shown; 0: never.
    full_after: int = field(default=0, metadata=_ATTEMPTS)
    #: Properties of which nothing is shown, at any level.
    hidden: tuple[str, ...] = ()

    def at(self, attempt: int) -> Level:
        """The level that holds for a student's first, second... attempt."""
        return Level.FULL if 0 < self.full_after < attempt else self.level

    def strong(self, attempt: int) -> bool:
        """True if that attempt gets the strong hint."""
        return 0 < self.strong_hint_after < attempt


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
    #: Fingerprints of the unfilled function, which is refused rather than graded.
    templates: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of homework."""
        return NETWORKS
