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
class Gradient:
    """Derivatives in the shape of the parameters; values that are not finite are null."""

    weights: Sequence[Numbers]
    biases: Sequence[Numbers]


@dataclass(frozen=True, slots=True)
class GradientMask:
    """True for each derivative that is wrong, in the shape of the parameters."""

    weights: list[list[list[bool]]]
    biases: list[list[list[bool]]]


#: The kind of a counterexample that is a layered network.
NETWORK: Literal["network"] = "network"


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The smallest network found on which the submission is wrong."""

    depth: int
    widths: list[int]
    weights: Sequence[Numbers]
    biases: Sequence[Numbers]
    net_input: Numbers
    y: Numbers
    expected: Gradient
    actual: Gradient | None = field(
        metadata=describe("Null if the submission did not return arrays of the right shapes.")
    )
    instead: str | None = field(metadata=describe("What the submission returned instead, if `actual` is null."))
    #: `weights` or `biases`, with layer and index, of the first wrong entry, counted from the output; else None.
    parameter: str | None
    layer: int | None
    index: list[int] | None
    script: str = field(metadata=_SCRIPT)
    kind: Literal["network"] = NETWORK
    wrong_entries: GradientMask | None = field(
        default=None, metadata=describe("The wrong derivatives; null if `actual` is, and from an earlier version.")
    )
    preactivations: Sequence[Numbers] | None = field(
        default=None, metadata=describe("`all_f` of the network; null from an earlier version.")
    )
    activations: Sequence[Numbers] | None = field(
        default=None, metadata=describe("`all_h` of the network, its input first; null from an earlier version.")
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
        metadata=describe("True if the list is a tuple where the code is called; false from an earlier version."),
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
        metadata=describe(
            "True for each wrong number, nested as `actual`; null if `actual` is, and from an earlier version."
        ),
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
        metadata=describe("The case as the picture of a network; null if it is none, and from an earlier version."),
    )
    forward_only: tuple[str, ...] = field(
        default=(),
        metadata=describe(
            "The inputs of the forward pass that the lines of the call do not name; empty from an earlier version."
        ),
    )


AnyCounterexample = Counterexample | CaseCounterexample
