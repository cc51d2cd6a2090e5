"""The result object, as the documentation describes it. Verdicts go out as they were stored and are not made anew."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from grader.model.assignment import Level
from grader.model.verdict import NETWORKS, SCHEMA, Mark, Outcome

Numbers = list[list[float | None]]


class FlagTold(BaseModel):
    """Something for staff to look at, beside the verdict and never in it."""

    id: str
    title: str


class HandedIn(BaseModel):
    """What the verdict is about."""

    id: str
    filename: str
    source_sha256: str


class AssignmentMeant(BaseModel):
    """The assignment and the networks that it was graded on."""

    id: str
    revision: str
    networks_sha256: str
    own_networks: bool = Field(description="False where they were drawn with a seed or number of the sender's.")
    kind: str = Field(default=NETWORKS, description="The kind of homework.")


class GradientTold(BaseModel):
    """Derivatives, shaped like the parameters; what is not finite is null."""

    weights: list[Numbers]
    biases: list[Numbers]


class CounterexampleTold(BaseModel):
    """The smallest network found on which the submission is wrong."""

    depth: int
    widths: list[int]
    weights: list[Numbers]
    biases: list[Numbers]
    net_input: Numbers
    y: Numbers
    expected: GradientTold
    actual: GradientTold | None = Field(description="Null where no arrays of the right shapes came back.")
    instead: str | None = Field(description="What came back then.")
    parameter: str | None
    layer: int | None
    index: list[int] | None
    script: str = Field(description="Plain NumPy that shows it, to run below the student's own code.")
    kind: Literal["network"] = "network"


class CaseInputTold(BaseModel):
    """A named input of a case."""

    name: str
    shape: list[int] | None = Field(description="Null if it is no array.")
    values: Any = Field(description="An array as nested lists, or anything else.")


class CaseResultTold(BaseModel):
    """A result of a case, as nested lists; what is not finite is null, as is what is inconclusive in `expected`."""

    name: str
    shape: list[int]
    expected: Any
    actual: Any = Field(description="Null where no arrays of the right shapes came back.")
    wrong: int = Field(description="How many of its numbers are wrong.")


class FirstWrongTold(BaseModel):
    """The first number that is wrong."""

    result: str
    index: list[int]


class CaseCounterexampleTold(BaseModel):
    """The smallest case found on which the submission is wrong, of any kind of homework but networks."""

    kind: str
    case: dict[str, Any] = Field(description="What tells it from others.")
    inputs: list[CaseInputTold]
    results: list[CaseResultTold]
    first: FirstWrongTold | None
    instead: str | None = Field(description="What came back instead of arrays of the right shapes.")
    script: str = Field(description="Plain NumPy that shows it, to run below the student's own code.")


class PropertyTold(BaseModel):
    """One row of the rubric."""

    name: str
    title: str
    outcome: Mark
    score: int
    max_score: int
    networks: int = Field(description="How many put it to the test.")
    message: str
    counterexample: CounterexampleTold | CaseCounterexampleTold | None
    names: list[str] | None = Field(
        default=None, description="Other properties of which the message speaks; null from a version that did not say."
    )


class MistakeTold(BaseModel):
    """A mistake by its id, and what it does: the words after "it"."""

    id: str
    title: str


class DiagnosisTold(BaseModel):
    """An explanation that every answer fits; texts that the level of feedback hides are empty."""

    id: str
    title: str
    hint: str
    strong_hint: str
    read: str = Field(description="Where to read about it.")
    apart: str = Field(default="", description="What tells it from explanations that fit as well.")
    mistakes: list[MistakeTold] = Field(
        default=[], description="One, or two that are made together; empty from a version that did not keep them."
    )
    names: list[str] | None = Field(
        default=None, description="Properties that judge the lines of which it speaks; null from an earlier version."
    )


class FirstDifferenceTold(BaseModel):
    """The first layer, counted from the output, whose numbers are wrong though what went in is right."""

    variable: str
    layer: int
    depth: int
    message: str
    lists: list[str] = Field(
        default=[], description="Whose entry `layer` it is; empty from a version that did not keep them."
    )
    source: str = Field(default="", description="What it is made from, and is right; empty where that is not known.")
    home: bool = Field(default=False, description="Whether the network has the notebook's own shape.")
    inferred: bool = Field(default=False, description="Whether only the biases and weights tell of it.")
    cell: int | None = Field(default=None, description="The cell of the lines; null in a file.")
    lines: list[int] = Field(default=[], description="The student's lines that write it, if they are few.")


class LineTold(BaseModel):
    """A line of what was handed in."""

    cell: int | None = Field(description="From 1 over all cells of the notebook; null in a file.")
    line: int


class NetworkTold(BaseModel):
    """The network at which a process ended."""

    number: int = Field(description="From 1.")
    of: int
    depth: int = Field(description="How many hidden layers it has.")


class ErrorTold(BaseModel):
    """What the student's code raised or did, with the student's own lines."""

    type: str
    message: str
    traceback: str
    frames: list[LineTold] = Field(default=[], description="The student's own lines in the traceback, in its order.")
    lines: list[LineTold] = Field(default=[], description="Other lines that the message names.")
    ending: str = Field(default="", description="How its process ended, without the network; empty if it did not.")
    network: NetworkTold | None = Field(default=None, description="Where its process ended; null if it did not.")


class StatisticsTold(BaseModel):
    """How much was compared."""

    networks: int
    derivatives: int
    inconclusive: int
    seed: int
    seconds: float


class VerdictTold(BaseModel):
    """The result object: the whole answer to one submission."""

    schema_: Literal["backmark.result/1"] = Field(alias="schema", description=f"Always {SCHEMA}.")
    submission: HandedIn
    assignment: AssignmentMeant
    outcome: Outcome
    level: Level | None = Field(default=None, description="How much of it you are shown; there where not all.")
    score: int
    max_score: int
    properties: list[PropertyTold]
    counterexample: CounterexampleTold | CaseCounterexampleTold | None
    diagnosis: list[DiagnosisTold] = Field(description="The best first; empty where nothing fits.")
    # Not in verdicts of engines before it.
    first_difference: FirstDifferenceTold | None = None
    error: ErrorTold | None
    statistics: StatisticsTold
    flags: list[FlagTold] = Field(description="For staff: empty for other tokens.")
    output: str = Field(description="What it printed, its first 4 KiB.")
