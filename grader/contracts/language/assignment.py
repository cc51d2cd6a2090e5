"""A contract's assignment: what is drawn, what is called and what its results mean, as data with its files' texts."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from backmark.grader.model.assignment import CONTRACT, Feedback, Limits
from backmark.grader.model.stored import read

#: The kinds of values that inputs may have, and those among them by which no derivative is taken.
VALUES = ("normal", "uniform", "labels", "onehot", "binary", "mask", "spread")
DISCRETE = frozenset({"labels", "onehot", "binary", "mask"})
#: The largest size that a range gives.
MOST_SIZE = 64
#: The corner of cases that have the dims of the notebook's own shape.
HOME = "home"
#: The corner of cases that the handout does not try, where only those decide that it tries.
OUTSIDE = "outside"
#: The version of the language that this version of Backmark reads.
LANGUAGE = 1


@dataclass(frozen=True, slots=True)
class Dim:
    """A number, or list of numbers, that is drawn for each case. One of its four forms is set."""

    name: str
    #: Whole numbers of a range, both ends included; with `many`, so many of them.
    least: int | None = None
    most: int | None = None
    many: str = ""
    #: One of these.
    of: tuple[int | float | str, ...] = ()
    #: A real number of a range.
    real: tuple[float, float] | None = None
    expression: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """An array that is drawn for each case, or with `each` a list of so many, in whose shapes `k` is the place."""

    name: str
    shape: str
    #: The kind of values, such as `normal` or `labels(C)`.
    values: str = "normal"
    each: str = ""


@dataclass(frozen=True, slots=True)
class ContractResult:
    """An expression over the names of the call, and what it must be: a gradient, or an output of the forward pass."""

    expression: str
    #: The row of the rubric.
    row: str
    title: str
    #: The input or tapped value of the gradient, such as `W[{l}]`; empty if it is a value.
    grad: str = ""
    value: str = ""
    #: A factor of the gradient, over dims.
    scale: str = "1"
    #: `k` and `range(K + 1)` of `k in range(K + 1)`; empty for a single result.
    index: str = ""
    over: str = ""
    #: True if axes of length 1 may stand anywhere.
    loose: bool = False
    #: True if it is zero in every case.
    zero: bool = False


@dataclass(frozen=True, slots=True)
class Solution:
    """A right solution beside the main one, in another style: a file's name and its text."""

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class ContractMistake:
    """A wrong solution: its id, what follows "it", its hint, and its text."""

    id: str
    title: str
    hint: str
    source: str


@dataclass(frozen=True, slots=True)
class RepairRow:
    """A row of statements: comments in the solution name the statements that count for it."""

    name: str
    title: str
    marks: int
    #: Where to read again, and a question that helps; empty if the author wrote none.
    read: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ContractCheck:
    """The check that the notebook has itself: lines that call the student's own functions, and what these must give."""

    code: str
    functions: tuple[str, ...]
    #: The check and the shape that it tries, in words; the latter may be empty.
    name: str
    shape: str = ""
    #: Names that the lines set, each with the input or the given output that it must equal.
    results: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Convention:
    """Another convention of the same homework, such as that of an earlier year: what it has in the assignment's place.

    A submission that is wrong by the convention that counts is tried by the others.
    """

    name: str
    #: Words that read well after "right by".
    title: str
    entries: tuple[str, ...]
    call: str
    given: tuple[str, ...]
    upstream: Mapping[str, str]
    results: tuple[ContractResult, ...]
    reference: str
    solution: str
    other_solutions: tuple[Solution, ...] = ()
    #: As of the assignment.
    epsilons: Mapping[str, float] = field(default_factory=dict)
    #: The rows that a submission loses which is right by it; None: as many as without it.
    costs: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Taught:
    """The cases that the handout's own checks try, which are fewer than a function must be right on."""

    #: Words that read well after "the handout tries".
    title: str
    #: The dims of such cases; or with `decides` those of all cases, as the assignment's own are these.
    dims: tuple[Dim, ...]
    #: True if they alone decide.
    decides: bool = False


@dataclass(frozen=True, slots=True)
class ContractAssignment:
    """The task of a student who differentiates a function, as data."""

    id: str
    title: str
    #: The functions or classes of the student's; the first is the one that messages name.
    entries: tuple[str, ...]
    dims: tuple[Dim, ...]
    inputs: tuple[Input, ...]
    call: str
    results: tuple[ContractResult, ...]
    reference: str
    solution: str
    mistakes: tuple[ContractMistake, ...]
    assume: tuple[str, ...] = ()
    #: Dims that the reference takes beside the inputs.
    forward_dims: tuple[str, ...] = ()
    #: By upstream gradient the output that it belongs to.
    upstream: Mapping[str, str] = field(default_factory=dict)
    #: Outputs of the reference that the call is given.
    given: tuple[str, ...] = ()
    #: Dims that the student's module has as names.
    provides: tuple[str, ...] = ()
    #: The text of a module whose functions the student's module has as names.
    helpers: str = ""
    #: The modules from which a submission may import these functions, such as `dnn_utils` or `.layers`.
    modules: tuple[str, ...] = ()
    #: The path of the student's file within a ZIP archive or a folder; empty if a file alone is handed in.
    package: str = ""
    #: Modules that a submission may import and not use, such as `matplotlib`.
    stand_ins: tuple[str, ...] = ()
    #: Cases that decide.
    cases: int = 60
    seed: int = 0
    #: `float64`, or `float32` where a course computes in single precision.
    dtype: str = "float64"
    rubric: Mapping[str, int] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    feedback: Feedback = field(default_factory=Feedback)
    #: Fingerprints of the unfilled function beside that of the template.
    fingerprints: tuple[str, ...] = ()
    #: The text that students start from, and its fingerprint, once cases are drawn.
    template: str = ""
    unfilled: str = field(default="", compare=False)
    #: Right solutions in other styles: they must pass, and their rounding is allowed, too.
    other_solutions: tuple[Solution, ...] = ()
    #: Rows of statements; without them a wrong submission is judged by its results alone.
    rows: tuple[RepairRow, ...] = ()
    #: False if statements of the solution are never put into a submission.
    repair: bool = True
    #: The dims of the notebook's own shape.
    home: Mapping[str, Any] = field(default_factory=dict)
    #: The notebook's own check, which says nothing of the marks.
    check: ContractCheck | None = None
    #: The picture of a counterexample: `layers`, or none.
    drawing: str = ""
    #: The results that are items of lists in all solutions, once cases are drawn: no dictionary may come for a list.
    listed: tuple[str, ...] = field(default=(), compare=False)
    #: What the handout tries, if the author says so.
    taught: Taught | None = None
    #: By result the largest number that may be added within a logarithm of it.
    epsilons: Mapping[str, float] = field(default_factory=dict)
    #: The convention that counts, in words that read well after "right by"; empty if there are no others.
    counting: str = ""
    #: The conventions that do not count.
    conventions: tuple[Convention, ...] = ()
    language: int = LANGUAGE
    kind: str = CONTRACT

    @property
    def templates(self) -> tuple[str, ...]:
        """Fingerprints of the unfilled function."""
        return (*self.fingerprints, self.unfilled) if self.unfilled else self.fingerprints

    @property
    def function(self) -> str:
        """The function that messages name."""
        return self.entries[0]


def vary(assignment: ContractAssignment, seed: int | None, cases: int | None) -> ContractAssignment:
    """Return the assignment with another seed, or another number of cases, unless they are None."""
    return replace(
        assignment,
        seed=assignment.seed if seed is None else seed,
        cases=assignment.cases if cases is None else cases,
    )


def adopt(assignment: ContractAssignment, convention: Convention) -> ContractAssignment:
    """Return the assignment as it asks and expects by another of its conventions, without rows and mistakes."""
    return replace(
        assignment,
        entries=convention.entries,
        call=convention.call,
        given=convention.given,
        upstream=convention.upstream,
        results=convention.results,
        reference=convention.reference,
        solution=convention.solution,
        other_solutions=convention.other_solutions,
        epsilons=convention.epsilons,
        mistakes=(),
        rows=(),
        check=None,
        drawing="",
        listed=(),
        conventions=(),
    )


def assignment_to_json(assignment: ContractAssignment) -> str:
    """Return the assignment in one canonical form."""
    return json.dumps(asdict(assignment), sort_keys=True)


def assignment_from_json(text: str) -> ContractAssignment:
    """Return the assignment that `assignment_to_json` wrote.

    MadeByNewerVersion if it has fields that this version does not know; KeyError, TypeError or ValueError if it is no
    assignment at all.
    """
    raw = json.loads(text)
    return read(ContractAssignment, raw, strict=True)
