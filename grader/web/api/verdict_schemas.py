"""The result object, for the documentation. Verdicts are sent as they were stored, and not rebuilt from these."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from grader.model.assignment import Level
from grader.model.verdict import NETWORKS, SCHEMA, Mark, Outcome

Numbers = list[list[float | None]]


class FlagResponse(BaseModel):
    """A note for staff beside the verdict, which does not affect it."""

    id: str
    title: str


class GradedSubmission(BaseModel):
    """The submission that was graded."""

    id: str
    filename: str
    source_sha256: str


class GradedAssignment(BaseModel):
    """The assignment and the networks that the submission was graded on."""

    id: str
    revision: str
    networks_sha256: str
    own_networks: bool = Field(
        description="False if the networks were drawn with a seed or number chosen by the sender."
    )
    kind: str = Field(default=NETWORKS, description="The kind of homework.")


class GradientResponse(BaseModel):
    """Derivatives in the shape of the parameters; values that are not finite are null."""

    weights: list[Numbers]
    biases: list[Numbers]


class GradientMaskResponse(BaseModel):
    """True for each derivative that is wrong, in the shape of the parameters."""

    weights: list[list[list[bool]]]
    biases: list[list[list[bool]]]


class CounterexampleResponse(BaseModel):
    """The smallest network found on which the submission is wrong."""

    depth: int
    widths: list[int]
    weights: list[Numbers]
    biases: list[Numbers]
    net_input: Numbers
    y: Numbers
    expected: GradientResponse
    actual: GradientResponse | None = Field(
        description="Null if the submission did not return arrays of the right shapes."
    )
    instead: str | None = Field(description="What it returned instead, if `actual` is null.")
    parameter: str | None
    layer: int | None
    index: list[int] | None
    script: str = Field(description="A script in plain NumPy that reproduces it, to run below the student's own code.")
    kind: Literal["network"] = "network"
    wrong_entries: GradientMaskResponse | None = Field(
        default=None, description="The wrong derivatives; null if `actual` is, and from an earlier version."
    )
    preactivations: list[Numbers] | None = Field(
        default=None, description="`all_f` of the network; null from an earlier version."
    )
    activations: list[Numbers] | None = Field(
        default=None, description="`all_h` of the network, its input first; null from an earlier version."
    )


class CaseInputResponse(BaseModel):
    """A named input of a case."""

    name: str
    shape: list[int] | None = Field(description="Null if it is not an array.")
    values: Any = Field(description="An array as nested lists, or anything else.")


class CaseResultResponse(BaseModel):
    """A result of a case as nested lists; null for numbers that are not finite, or inconclusive in `expected`."""

    name: str
    shape: list[int]
    expected: Any
    actual: Any = Field(description="Null if the submission did not return arrays of the right shapes.")
    wrong: int = Field(description="The number of wrong numbers.")
    wrong_entries: Any = Field(
        default=None,
        description="True for each wrong number, nested as `actual`; null if `actual` is, and from an earlier version.",
    )


class FirstWrongResponse(BaseModel):
    """The first wrong number."""

    result: str
    index: list[int]


class CaseCounterexampleResponse(BaseModel):
    """The smallest case found on which the submission is wrong, for any kind of homework but networks."""

    kind: str
    case: dict[str, Any] = Field(description="The properties that distinguish it from other cases.")
    inputs: list[CaseInputResponse]
    results: list[CaseResultResponse]
    first: FirstWrongResponse | None
    instead: str | None = Field(description="What it returned instead of arrays of the right shapes.")
    script: str = Field(description="A script in plain NumPy that reproduces it, to run below the student's own code.")


class PropertyResponse(BaseModel):
    """One row of the rubric."""

    name: str
    title: str
    outcome: Mark
    score: int
    max_score: int
    networks: int = Field(description="The number of networks that tested this property.")
    message: str
    counterexample: CounterexampleResponse | CaseCounterexampleResponse | None
    names: list[str] | None = Field(
        default=None,
        description="Other properties that the message mentions; null from a version that did not record them.",
    )


class MistakeResponse(BaseModel):
    """A known mistake: its id, and the words that follow "it"."""

    id: str
    title: str


class DiagnosisResponse(BaseModel):
    """An explanation that is consistent with every answer; texts hidden by the level of feedback are empty."""

    id: str
    title: str
    hint: str
    strong_hint: str
    read: str = Field(description="Where to read more.")
    apart: str = Field(default="", description="How it differs from other explanations that fit.")
    mistakes: list[MistakeResponse] = Field(
        default=[], description="One mistake, or two made together; empty from a version that did not record them."
    )
    names: list[str] | None = Field(
        default=None, description="The properties that judge the lines it mentions; null from an earlier version."
    )


class FirstDifferenceResponse(BaseModel):
    """The first layer, counted from the output, whose values are wrong although its inputs are right."""

    variable: str
    layer: int
    depth: int
    message: str
    lists: list[str] = Field(
        default=[], description="The lists whose entry `layer` it is; empty from a version that did not record them."
    )
    source: str = Field(default="", description="The correct value that it is computed from; empty if unknown.")
    home: bool = Field(default=False, description="True if the network has the notebook's own shape.")
    inferred: bool = Field(
        default=False, description="True if it follows only from the derivatives of biases and weights."
    )
    cell: int | None = Field(default=None, description="The cell of the lines; null in a Python file.")
    lines: list[int] = Field(default=[], description="The student's lines that assign it, if they are few.")


class LineResponse(BaseModel):
    """A line of the submission."""

    cell: int | None = Field(
        description="The number of the cell, from 1 over all cells of the notebook; null in a Python file."
    )
    line: int


class NetworkResponse(BaseModel):
    """The network on which a process ended."""

    number: int = Field(description="The number of the network, from 1.")
    of: int
    depth: int = Field(description="The number of hidden layers.")


class ErrorResponse(BaseModel):
    """An error of the student's code, with the student's own lines."""

    type: str
    message: str
    traceback: str
    frames: list[LineResponse] = Field(default=[], description="The student's own lines in the traceback, in order.")
    lines: list[LineResponse] = Field(default=[], description="Other lines that the message names.")
    ending: str = Field(default="", description="How the process ended, without the network; empty if it did not.")
    network: NetworkResponse | None = Field(
        default=None, description="The network on which the process ended; null if it did not."
    )


class StatisticsResponse(BaseModel):
    """The extent of the comparison."""

    networks: int
    derivatives: int
    inconclusive: int
    seed: int
    seconds: float


class VerdictResponse(BaseModel):
    """The result object: the complete result of one submission."""

    schema_: Literal["backmark.result/1"] = Field(alias="schema", description=f"Always {SCHEMA}.")
    submission: GradedSubmission
    assignment: GradedAssignment
    outcome: Outcome
    level: Level | None = Field(
        default=None, description="Present only if parts of the verdict are hidden: the level of detail that is shown."
    )
    score: int
    max_score: int
    properties: list[PropertyResponse]
    counterexample: CounterexampleResponse | CaseCounterexampleResponse | None
    diagnosis: list[DiagnosisResponse] = Field(description="The best explanation first; empty if none fits.")
    # Verdicts of older engines do not have it.
    first_difference: FirstDifferenceResponse | None = None
    error: ErrorResponse | None
    statistics: StatisticsResponse
    flags: list[FlagResponse] = Field(description="Only for staff; empty for other tokens.")
    output: str = Field(description="The first 4 KiB that the submission printed.")
