"""The nouns of the house: what is asked, what was handed in, and what was concluded. No NumPy here."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

SCHEMA = "backmark.result/1"


class Activation(StrEnum):
    """What follows each hidden preactivation."""

    RELU = "relu"
    LEAKY_RELU = "leaky_relu"
    TANH = "tanh"
    SIGMOID = "sigmoid"

    @property
    def kinked(self) -> bool:
        """Whether it is piecewise linear, with a kink at zero."""
        return self in {Activation.RELU, Activation.LEAKY_RELU}


class Loss(StrEnum):
    """What is differentiated, summed over the outputs."""

    LEAST_SQUARES = "least_squares"
    BINARY_CROSS_ENTROPY = "binary_cross_entropy"
    SOFTMAX_CROSS_ENTROPY = "softmax_cross_entropy"


class Reduction(StrEnum):
    """How the losses of a batch's columns become one number."""

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
    """What networks may be drawn: hidden layers, units a layer, inputs, outputs, batch columns."""

    depth: Range = Range(0, 8)
    widths: Range = Range(1, 12)
    inputs: Range = Range(1, 4)
    outputs: Range = Range(1, 4)
    columns: Range = Range(1, 1)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one submission may use."""

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

    bias_gradient: int = 2
    weight_gradient: int = 2
    activation_gradient: int = 2
    relu_derivative: int = 2
    any_shape: int = 2
    finite_differences: int = 0
    pure: int = 0
    form: int = 0


class Level(StrEnum):
    """How much of a verdict a student is shown."""

    #: The outcome and the marks.
    SCORE = "score"
    #: Which properties hold, and where to look: no network and none of its numbers.
    HINT = "hint"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a student is shown of a verdict, by the number of the attempt. Staff see all of it."""

    level: Level = Level.FULL
    #: Attempts after which the hint becomes the strong one; 0: never.
    strong_hint_after: int = 0
    #: Attempts after which everything is shown; 0: never.
    full_after: int = 0
    #: Properties of which nothing is shown, at any level.
    hidden: tuple[str, ...] = ()

    def at(self, attempt: int) -> Level:
        """The level that holds for a student's first, second... attempt."""
        return Level.FULL if 0 < self.full_after < attempt else self.level

    def strong(self, attempt: int) -> bool:
        """Whether that attempt is given the strong hint."""
        return 0 < self.strong_hint_after < attempt


@dataclass(frozen=True, slots=True)
class Assignment:
    """What is asked of a student, as data."""

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
    rtol: float = 5e-7
    limits: Limits = field(default_factory=Limits)
    rubric: Rubric = field(default_factory=Rubric)
    feedback: Feedback = field(default_factory=Feedback)
    #: Fingerprints of the unfilled function, which is refused rather than graded.
    templates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Submission:
    """What was handed in."""

    id: str
    filename: str
    source_sha256: str


class Outcome(StrEnum):
    """How grading a submission ended. Backmark's own failures are not among them."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT_LIMIT = "output_limit"
    CRASHED = "crashed"
    REJECTED = "rejected"


class Mark(StrEnum):
    """How one property came out. `not_run`: nothing put it to the test."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not_run"


@dataclass(frozen=True, slots=True)
class Gradient:
    """Derivatives as nested lists: `weights[k]` and `biases[k]` shaped like the parameters."""

    weights: list[list[list[float]]]
    biases: list[list[list[float]]]


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The smallest network found on which the submission is wrong, and the first entry that is."""

    depth: int
    widths: list[int]
    weights: list[list[list[float]]]
    biases: list[list[list[float]]]
    net_input: list[list[float]]
    y: list[list[float]]
    expected: Gradient
    #: None where it returned no arrays of the right shape.
    actual: Gradient | None
    #: What it did instead of returning arrays of the right shape, else None.
    instead: str | None
    #: `weights` or `biases`, with layer and index, of the first wrong entry, counted from the output; else None.
    parameter: str | None
    layer: int | None
    index: list[int] | None
    #: Plain NumPy that builds the network, calls the student's function and prints both.
    script: str


@dataclass(frozen=True, slots=True)
class Property:
    """One row of the rubric. `networks` counts those that put it to the test."""

    name: str
    title: str
    outcome: Mark
    score: int
    max_score: int
    networks: int
    message: str
    counterexample: Counterexample | None = None


@dataclass(frozen=True, slots=True)
class StudentError:
    """What the student's code raised or did, with the student's own line numbers."""

    type: str
    message: str
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Flag:
    """Something for staff to look at, beside the verdict and never in it."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """An explanation that every answer fits: what it does, a weak and a strong hint, and what to read again.

    Where a level of feedback hides what names the mistake, that is empty.
    """

    id: str
    title: str
    hint: str
    strong_hint: str
    read: str
    #: What tells it from explanations that fit as well; empty where there are none.
    apart: str = ""


@dataclass(frozen=True, slots=True)
class FirstDifference:
    """The first layer, counted from the output, whose numbers are wrong though what went in is right."""

    variable: str
    layer: int
    depth: int
    message: str


@dataclass(frozen=True, slots=True)
class Statistics:
    """How much was compared. `seconds` is the only figure that differs between two gradings."""

    networks: int = 0
    derivatives: int = 0
    inconclusive: int = 0
    seed: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class AssignmentReference:
    """Which assignment and which networks a verdict is about."""

    id: str
    revision: str
    networks_sha256: str
    #: False where the networks were drawn with --seed or --networks and are not the assignment's own.
    own_networks: bool = True


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the judge concluded from the answers, before it is a verdict on a submission."""

    outcome: Outcome
    properties: tuple[Property, ...] = ()
    counterexample: Counterexample | None = None
    error: StudentError | None = None
    statistics: Statistics = field(default_factory=Statistics)
    flags: tuple[Flag, ...] = ()
    #: Every explanation that all answers fit, the best first; empty where there is none.
    diagnosis: tuple[Diagnosis, ...] = ()
    first_difference: FirstDifference | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole answer to one submission: the result object of the contract."""

    submission: Submission
    assignment: AssignmentReference
    judgement: Judgement
    #: What the student printed, as far as it was kept.
    output: str = ""
    #: Marks given and marks that could be had, where not every row that has some is shown.
    marks: tuple[int, int] | None = None

    @property
    def score(self) -> int:
        """Marks given."""
        return self.marks[0] if self.marks else sum(row.score for row in self.judgement.properties)

    @property
    def max_score(self) -> int:
        """Marks that could be had."""
        return self.marks[1] if self.marks else sum(row.max_score for row in self.judgement.properties)

    def as_dict(self) -> dict[str, Any]:
        """The result object, ready for JSON."""
        judgement = asdict(self.judgement)
        return {
            "schema": SCHEMA,
            "submission": asdict(self.submission),
            "assignment": asdict(self.assignment),
            "outcome": judgement["outcome"],
            "score": self.score,
            "max_score": self.max_score,
            "properties": judgement["properties"],
            "counterexample": judgement["counterexample"],
            "diagnosis": judgement["diagnosis"],
            "first_difference": judgement["first_difference"],
            "error": judgement["error"],
            "statistics": judgement["statistics"],
            "flags": judgement["flags"],
            "output": self.output,
        }
