"""The verdict on a submission: its outcome, properties, counterexample and diagnoses, as the result object has them."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

SCHEMA = "backmark.result/1"

#: The kind of homework of verdicts that name none.
NETWORKS = "networks"


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
class GradientMask:
    """For each derivative, True if it is wrong: nested lists shaped like those of `Gradient`."""

    weights: list[list[list[bool]]]
    biases: list[list[list[bool]]]


#: The kind of a counterexample that is a layered network.
NETWORK = "network"


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
    kind: str = NETWORK
    #: The judge's own finding; None without arrays, and in a verdict of an earlier version.
    wrong_entries: GradientMask | None = None
    #: The notebook's `all_f` and `all_h` of this network; None in a verdict of an earlier version.
    preactivations: list[list[list[float]]] | None = None
    activations: list[list[list[float]]] | None = None


@dataclass(frozen=True, slots=True)
class CaseInput:
    """A named input of a case: an array as nested lists, or anything else that JSON has."""

    name: str
    #: None if it is no array.
    shape: list[int] | None
    values: Any


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A result of a case, as nested lists: null where a number is not finite, or (expected) inconclusive."""

    name: str
    shape: list[int]
    expected: Any
    #: None where it returned no arrays of the right shapes.
    actual: Any
    #: How many of its numbers are wrong.
    wrong: int
    #: True for each number that is, nested as `actual`; None without arrays, and in a verdict of an earlier version.
    wrong_entries: Any = None


@dataclass(frozen=True, slots=True)
class FirstWrong:
    """The first number that is wrong."""

    result: str
    index: list[int]


@dataclass(frozen=True, slots=True)
class CaseCounterexample:
    """The smallest case found on which the submission is wrong, of any kind of homework but networks."""

    kind: str
    #: What tells it from others: its number, or the sizes that it was drawn with.
    case: dict[str, Any]
    inputs: tuple[CaseInput, ...]
    results: tuple[CaseResult, ...]
    first: FirstWrong | None
    #: What it did instead of returning arrays of the right shapes, else None.
    instead: str | None
    #: Plain NumPy that makes the inputs, calls the student's function and prints both.
    script: str


AnyCounterexample = Counterexample | CaseCounterexample


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
    counterexample: AnyCounterexample | None = None
    #: Other properties of which the message speaks; None in a verdict of an earlier version, which does not say.
    names: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of what was handed in, in a cell of the notebook (counted from 1 over all of them); None in a file."""

    cell: int | None
    line: int

    @classmethod
    def of(cls, cell: int, line: int) -> "SourceLine":
        """The line of a cell, which is 0 in a file."""
        return cls(cell or None, line)


@dataclass(frozen=True, slots=True)
class NetworkReached:
    """The network at which a process ended: its number from 1, of how many, and its hidden layers."""

    number: int
    of: int
    depth: int


@dataclass(frozen=True, slots=True)
class StudentError:
    """What the student's code raised or did, with the student's own line numbers."""

    type: str
    message: str
    traceback: str = ""
    #: The student's own lines in the traceback, in its order.
    frames: tuple[SourceLine, ...] = ()
    #: Other lines that the message names: those that were refused, or left out.
    lines: tuple[SourceLine, ...] = ()
    #: How its process ended, as the message says it before it names the network; empty if it did not end.
    ending: str = ""
    #: Where it ended; None if it did not, or if that cannot be known.
    network: NetworkReached | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """Something for staff to look at, beside the verdict and never in it."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class NamedMistake:
    """A mistake by its id, and what it does: the words after "it"."""

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
    #: One, or two that are made together; empty in a verdict of an earlier version.
    mistakes: tuple[NamedMistake, ...] = ()
    #: Properties that judge the lines of which it speaks; None in a verdict of an earlier version.
    names: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class FirstDifference:
    """The first layer, counted from the output, whose numbers are wrong though what went in is right."""

    variable: str
    layer: int
    depth: int
    message: str
    #: The lists whose entry `layer` it is, one or two; empty in a verdict of an earlier version.
    lists: tuple[str, ...] = ()
    #: The entry that it is made from, and that is right; empty where none is known to be.
    source: str = ""
    #: Whether the network has the notebook's own shape.
    home: bool = False
    #: Whether the biases and weights tell of it, and the student's own lists do not.
    inferred: bool = False
    #: The student's lines that write it, if they are few, and their cell; None in a file.
    cell: int | None = None
    lines: tuple[int, ...] = ()


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
    #: The kind of homework.
    kind: str = NETWORKS


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the judge concluded from the answers, before it is a verdict on a submission."""

    outcome: Outcome
    properties: tuple[Property, ...] = ()
    counterexample: AnyCounterexample | None = None
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
