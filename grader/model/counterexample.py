"""The counterexample of a verdict: the smallest case found on which a submission is wrong, with its numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from backmark.grader.model.descriptions import describe

#: Rows of numbers, with None for those that are not finite.
Numbers = Sequence[Sequence[float | None]]

_SCRIPT = describe(
    "A script in plain NumPy that shows the mistake, to run below the student's own code; empty if the same call"
    " may be right."
)


@dataclass(frozen=True, slots=True)
class CaseInput:
    """A named input of a case."""

    name: str
    shape: list[int] | None = field(metadata=describe("Null if it is not an array."))
    #: A list of arrays is a tuple of such inputs.
    values: Any = field(metadata=describe("An array as nested lists, a list of such inputs, or anything else."))
    is_tuple: bool = field(
        default=False,
        metadata=describe("True if the list is a tuple where the code is called."),
    )

    def __post_init__(self) -> None:
        """Make inputs again of a list of them, as JSON has it."""
        parts = self.values
        if isinstance(parts, list) and parts and all(map(_is_input, parts)):
            object.__setattr__(self, "values", tuple(CaseInput(**part) for part in parts))


def _is_input(part: object) -> bool:
    return isinstance(part, dict) and part.keys() - {"is_tuple"} == {"name", "shape", "values"}


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A result of a case as nested lists; null for numbers that are not finite, or inconclusive in `expected`."""

    name: str
    shape: list[int]
    expected: Any
    actual: Any = field(metadata=describe("Null if the submission did not return arrays of the right shapes."))
    wrong: int = field(metadata=describe("The number of wrong numbers."))
    wrong_entries: Any = field(
        default=None,
        metadata=describe("True for each wrong number, nested as `actual`; null if `actual` is."),
    )
    gradient_of: str | None = field(
        default=None,
        metadata=describe(
            "The input whose gradient the result is, such as `W[1]`; null if there is none, and from an earlier "
            "version."
        ),
    )


@dataclass(frozen=True, slots=True)
class FirstWrong:
    """The first wrong number."""

    result: str
    index: list[int]


@dataclass(frozen=True, slots=True)
class LayersDrawing:
    """The names of a case's inputs, by what they are in the picture of a network."""

    weights: str = field(metadata=describe("A list of matrices, the first layer's first."))
    biases: str
    net_input: str
    target: str | None = field(metadata=describe("The target of the network; null if no input is the target."))
    preactivations: str | None = field(
        metadata=describe("A list, the output last; null if no input has the preactivations.")
    )
    activations: str | None = field(
        metadata=describe("A list, the network's input first; null if no input has the activations.")
    )
    rows: bool = field(metadata=describe("True if each example is a row and not a column, as in `x @ W`."))
    kind: Literal["layers"] = "layers"


@dataclass(frozen=True, slots=True)
class CaseCounterexample:
    """The smallest case found on which the submission is wrong, of any contract."""

    kind: str
    case: dict[str, Any] = field(metadata=describe("The features that distinguish it from other cases."))
    inputs: tuple[CaseInput, ...]
    results: tuple[CaseResult, ...]
    first: FirstWrong | None
    instead: str | None = field(
        metadata=describe("What the submission returned instead of arrays of the right shapes.")
    )
    script: str = field(metadata=_SCRIPT)
    drawing: LayersDrawing | None = field(
        default=None,
        metadata=describe("The case as the picture of a network; null if it is none."),
    )
    forward_only: tuple[str, ...] = field(
        default=(),
        metadata=describe("The inputs of the forward pass that the lines of the call do not name."),
    )
