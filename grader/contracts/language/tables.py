"""The tables of a contract's TOML as pydantic checks them, and the advice for each key."""

from typing import Annotated, Any, Literal

from pydantic import Field

from backmark.grader.contracts.language.assignment import LANGUAGE, VALUES
from backmark.grader.contracts.language.toml_tables import LIMITS_WANTED, MARKS, LimitsTable, Table, a_table
from backmark.grader.model.assignment import Feedback

#: Most cases, and characters of one file.
MOST_CASES, MOST_CHARACTERS = 2_000, 100_000

#: Names in a list.
MOST_NAMES = 50

#: Most mistakes.
MOST_MISTAKES = 20
#: Changes of a slip, characters of a text in one, and occurrences of a text among which one is meant.
MOST_CHANGES, MOST_CHANGED, MOST_NTH = 20, 2_000, 100
#: The largest number that may be allowed within a logarithm.
LARGEST_EPSILON = 1e-4
#: Conventions of an assignment.
MOST_CONVENTIONS = 8

#: The pattern of a row's name.
ROW = r"^[A-Za-z0-9_]{1,64}$"

Text = Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]
Name = Annotated[str, Field(max_length=100)]
Whole = Annotated[int, Field(ge=-(1 << 40), le=1 << 40)]
Real = Annotated[float, Field(allow_inf_nan=False)]


class DimTable(Table):
    """A dim that is neither a range nor an expression."""

    of: list[Whole | Real | Name] | None = Field(None, max_length=100)
    real: tuple[Real, Real] | None = None


class InputTable(Table):
    """An input."""

    shape: str = Field(max_length=200)
    values: str = Field("normal", max_length=100)
    each: str = Field("", max_length=100)


class ResultTable(Table):
    """A result."""

    grad: str = Field("", max_length=100)
    value: str = Field("", max_length=100)
    scale: str = Field("1", max_length=100)
    over: str = Field("", alias="for", max_length=100)
    row: str = Field("", pattern=r"^[A-Za-z0-9_]{0,64}$")
    title: str = Field("", max_length=100)
    loose: bool = False
    zero: bool = False
    epsilon: float = Field(0.0, ge=0, le=LARGEST_EPSILON)


class ForwardTable(Table):
    """The reference."""

    file: str = Field("reference.py", max_length=100)
    dims: list[Name] = Field(default_factory=list, max_length=MOST_NAMES)


class CallTable(Table):
    """The lines that call."""

    code: Text
    given: list[Name] = Field(default_factory=list, max_length=MOST_NAMES)


class SubmissionTable(Table):
    """The student's module."""

    provides: list[Name] = Field(default_factory=list, max_length=MOST_NAMES)
    helpers: str = Field("", max_length=100)
    modules: list[str] = Field(default_factory=list, max_length=20)
    file: str = Field("", max_length=100)
    stand_ins: list[str] = Field(default_factory=list, max_length=MOST_NAMES)


class CheckTable(Table):
    """The notebook's own check."""

    code: Text
    name: str = Field("the notebook's own check", min_length=1, max_length=100)
    shape: str = Field("", max_length=100)
    results: dict[Name, Annotated[str, Field(max_length=100)]] = Field(min_length=1, max_length=MOST_NAMES)


class SolutionTable(Table):
    """The solution."""

    file: str = Field("solution.py", max_length=100)
    others: list[Name] = Field(default_factory=list, max_length=5)


class RowTable(Table):
    """A row of statements."""

    title: str = Field(min_length=1, max_length=100)
    marks: int = Field(ge=0, le=1000)
    read: str = Field("", max_length=300)
    hint: str = Field("", max_length=1000)


class ChangeTable(Table):
    """A text of the solution, and the text in its place."""

    old: str = Field(min_length=1, max_length=MOST_CHANGED)
    new: str = Field(max_length=MOST_CHANGED)
    nth: int | None = Field(None, ge=1, le=MOST_NTH)


class SlipTable(Table):
    """A mistake that is written as changes of the solution."""

    id: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$")
    # Both become a docstring: of control characters the hint may have line breaks.
    title: str = Field(max_length=200, pattern=r"^[^\s.\x00-\x1f\x7f][^\x00-\x1f\x7f]*$")
    hint: str = Field("", max_length=1000, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]*$")
    change: list[ChangeTable] = Field(min_length=1, max_length=MOST_CHANGES)
    #: True if only cases show it that the handout does not try.
    outside: bool = False
    #: The conventions by which it is a mistake; all of them if it names none.
    conventions: list[Name] = Field(default_factory=list, max_length=MOST_CONVENTIONS)


class FileChangeTable(ChangeTable):
    """A text of one of the assignment's files, the solution's unless it names another."""

    file: str = Field("", max_length=100)


class ConventionTable(Table):
    """A convention: what stands in the place of the file's own tables and texts where it counts."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")
    title: str = Field(min_length=1, max_length=200)
    costs: list[Name] | None = Field(None, max_length=MOST_NAMES)
    change: list[FileChangeTable] = Field(default_factory=list, max_length=MOST_CHANGES)
    call: CallTable | None = None
    upstream: dict[str, Name] | None = None
    results: dict[str, ResultTable] | None = Field(None, min_length=1)
    rows: dict[Annotated[str, Field(pattern=ROW)], RowTable] | None = Field(None, max_length=MOST_NAMES)


class TaughtTable(Table):
    """The cases that the handout tries."""

    title: str = Field(min_length=1, max_length=200)
    dims: dict[str, Any] = Field(min_length=1)


class ContractTable(Table):
    """All of it."""

    language: Literal[1] = 1
    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    title: str = Field(min_length=1, max_length=200)
    course: str = Field("", max_length=200)
    convention: str = Field("", max_length=1000)
    cases: int = Field(60, ge=10, le=MOST_CASES)
    seed: int = Field(0, ge=0, lt=2**31)
    dtype: Literal["float64", "float32"] = "float64"
    drawing: Literal["", "layers"] = ""
    assume: list[Annotated[str, Field(max_length=300)]] = Field(default_factory=list, max_length=MOST_NAMES)
    dims: dict[str, Any] = Field(default_factory=dict)
    inputs: dict[str, InputTable] = Field(min_length=1)
    forward: ForwardTable = ForwardTable()  # type: ignore[call-arg]
    upstream: dict[str, Name] = Field(default_factory=dict)
    call: CallTable
    results: dict[str, ResultTable] = Field(min_length=1)
    submission: SubmissionTable = SubmissionTable()  # type: ignore[call-arg]
    solution: SolutionTable = SolutionTable()  # type: ignore[call-arg]
    #: Each is read by itself, as a `SlipTable`, so that a sentence about it can name it.
    slips: list[dict[str, Any]] = Field(default_factory=list)
    rubric: dict[str, Annotated[int, Field(ge=0, le=1000)]] = Field(default_factory=dict)
    rows: dict[Annotated[str, Field(pattern=ROW)], RowTable] = Field(default_factory=dict, max_length=MOST_NAMES)
    repair: bool = True
    home: dict[str, Any] = Field(default_factory=dict)
    check: CheckTable | None = None
    limits: LimitsTable = LimitsTable()  # type: ignore[call-arg]
    feedback: Feedback = Feedback()
    taught: TaughtTable | None = None
    as_taught: bool = False
    #: Each is read by itself, as a `ConventionTable`.
    conventions: list[dict[str, Any]] = Field(default_factory=list, max_length=MOST_CONVENTIONS)
    counts: str = Field("", max_length=40)
    templates: list[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = Field(default_factory=list)
    files: dict[str, Annotated[str, Field(max_length=MOST_CHARACTERS)]] = Field(default_factory=dict)


EXPRESSION = "an expression over dims, such as `K + 1`"

#: The advice for each key: the values that it takes.
WANTED: dict[str, str] = {
    "language": f"{LANGUAGE}, the version of the language that this version of Backmark reads",
    "id": 'letters, digits, ".", "_" or "-", at most 64, such as "affine"',
    "title": "a text of 1 to 200 characters",
    "course": "a text of at most 200 characters",
    "convention": "a text of at most 1000 characters",
    "cases": f"a whole number from 10 to {MOST_CASES}",
    "seed": "a whole number from 0 to 2147483647",
    "dtype": '"float64", or "float32" if the course computes in single precision',
    "drawing": '"layers", or leave it out',
    "assume": 'a list of conditions over dims, such as ["HH <= H"]',
    "dims": "a table of its own, [dims], with a range for each, such as N = [1, 5]",
    "inputs": 'a table of its own, [inputs], such as x = { shape = "N D" }',
    "inputs.shape": 'sizes with spaces between them, such as "N D" or "N *d", or "" for a single number',
    "inputs.values": f"a kind of values: {', '.join(VALUES)}",
    "forward": a_table("forward"),
    "forward.file": 'the name of the file with the reference, such as "reference.py"',
    "forward.dims": 'a list of the dims that the reference takes, such as ["stride"]',
    "upstream": 'a table of its own, [upstream], such as dout = "out"',
    "call": a_table("call"),
    "call.code": "the lines that call the student's functions",
    "call.given": 'a list of outputs of the reference, such as ["cache"]',
    "results": 'a table of its own, [results], such as dx = { grad = "x" }',
    "results.grad": 'an input, an entry or a tapped value, such as "x", "W[0]" or "W[{l}]"',
    "results.value": 'an output of the reference, such as "out"',
    "results.scale": 'an expression over dims in quotes, such as "1 / N"',
    "results.for": 'an index and its range, such as "l in range(L)"',
    "results.row": "the name of a row: letters, digits and _",
    "results.title": "a text of at most 100 characters",
    "results.loose": "true or false",
    "results.zero": "true or false",
    "results.epsilon": f"a number from 0 to {LARGEST_EPSILON}, such as 1e-7",
    "submission": a_table("submission"),
    "submission.provides": 'a list of dims that the student\'s module has as names, such as ["K"]',
    "submission.modules": 'a list of modules that hold the helpers, such as ["dnn_utils", ".layers"]',
    "submission.file": 'the path of the file with the functions in a ZIP archive, such as "cs231n/layers.py"',
    "submission.stand_ins": 'a list of modules that are imported and not used, such as ["matplotlib"]',
    "submission.helpers": 'the name of a file with functions that the student\'s module has, such as "helpers.py"',
    "solution": a_table("solution"),
    "solution.others": 'a list of files with right solutions in other styles, 5 at most, such as ["vectorised.py"]',
    "solution.file": 'the name of the file with a right solution, such as "solution.py"',
    "slips": f"tables of their own, each headed `[[slips]]`, at most {MOST_MISTAKES}",
    "taught": a_table("taught"),
    "taught.title": 'a text of at most 200 characters that follows "the handout tries", such as "square images"',
    "taught.dims": 'dims in the place of those of [dims], such as { W = "H", pad = [1, 1] }',
    "as_taught": "true or false",
    "conventions": f"tables of their own, each headed `[[conventions]]`, at most {MOST_CONVENTIONS}",
    "counts": "the name of one of the conventions, in quotes",
    "templates": "a list of fingerprints, each as `backmark assignment template NOTEBOOK` prints it",
    "files": "a table of texts by their names, as a folder holds them",
    **LIMITS_WANTED,
    "rubric": a_table("rubric"),
    "rows": "a table for each row, such as [rows.weight_gradient]",
    "rows.title": "a text of 1 to 100 characters",
    "rows.marks": MARKS,
    "rows.read": "a text of at most 300 characters",
    "rows.hint": "a text of at most 1000 characters",
    "repair": "true or false",
    "home": "a table of its own, [home], with a value for each dim that is drawn, such as K = 5",
    "check": a_table("check"),
    "check.code": "the lines of the notebook's own check that call functions of the students'",
    "check.name": 'the check in at most 100 characters, such as "the check at the end of the notebook"',
    "check.shape": 'the shape that it tries in at most 100 characters, such as "a network of 5 hidden layers"',
    "check.results": 'names that check.code sets, each with what it must equal, such as { all_h = "all_h" }',
}

_CHANGES_WANTED: dict[str, str] = {
    f"change.{place}.{key}": wanted
    for place in range(MOST_CHANGES)
    for key, wanted in {
        "old": f"a text of the solution, at most {MOST_CHANGED} characters",
        "new": f"the text in its place, at most {MOST_CHANGED} characters",
        "nth": f"a whole number from 1 to {MOST_NTH}, which says which of several such texts is meant",
    }.items()
}

#: The advice for each key of a slip.
SLIP_WANTED: dict[str, str] = {
    "id": 'letters, digits, "_", "." or "-", at most 100, such as "weights_transposed"',
    "title": 'one line of at most 200 characters that follows "it", such as "forgets the transpose"',
    "hint": "a text of at most 1000 characters that asks rather than tells",
    "outside": "true or false",
    "conventions": "a list of names of conventions by which it is a mistake",
    "change": f'a list such as [{{ old = "x @ w.T", new = "x @ w" }}], with at most {MOST_CHANGES} changes',
    **_CHANGES_WANTED,
}

#: The advice for each key of a convention.
CONVENTION_WANTED: dict[str, str] = {
    "name": 'letters, digits, "_", "." or "-", at most 40, such as "fall-2022"',
    "title": 'a text of at most 200 characters that follows "right by", such as "the convention of 2022: ..."',
    "costs": "a list of rows, or leave it out",
    "change": f'a list such as [{{ old = "x / N", new = "x" }}], with at most {MOST_CHANGES} changes',
    "call": a_table("conventions.call"),
    "upstream": a_table("conventions.upstream"),
    "results": a_table("conventions.results"),
    "rows": "a table for each row, such as [conventions.rows.weight_gradient]",
    **{f"change.{place}.file": "the name of a file of the assignment" for place in range(MOST_CHANGES)},
    **_CHANGES_WANTED,
}
