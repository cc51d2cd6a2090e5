"""The verdict on a submission: its outcome, properties, counterexample and diagnoses, as the result object has them.

Each record is described once: its reader (`result.py`), its writer (`Verdict.as_dict`) and the JSON Schema of the
result object all come from its fields.
"""

from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from typing import Any, Literal

from backmark.grader.model.assignment import CONTRACT, Level
from backmark.grader.model.counterexample import CaseCounterexample
from backmark.grader.model.descriptions import describe
from backmark.grader.model.mended_statement import MendedStatement, WrongNumber
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.reason import Reason
from backmark.grader.model.slip import Slip
from backmark.grader.model.source_line import SourceLine

SCHEMA: Literal["backmark.result/1"] = "backmark.result/1"

#: Members that a result object has only if they say something.
OMITTED_IF_NONE = frozenset({"level", "file", "code_cell", "begins"})


@dataclass(frozen=True, slots=True)
class GradedSubmission:
    """The submission that was graded."""

    id: str
    filename: str
    source_sha256: str


class Mark(StrEnum):
    """The outcome of one row. `not_run`: no case tested the row."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not_run"


@dataclass(frozen=True, slots=True)
class Property:
    """One row of the rubric."""

    name: str
    title: str
    outcome: Mark
    score: int
    max_score: int
    networks: int = field(metadata=describe("The number of cases that tested this row."))
    message: str
    counterexample: CaseCounterexample | None = None
    names: tuple[str, ...] = field(default=(), metadata=describe("Other rows that the message mentions."))


@dataclass(frozen=True, slots=True)
class CaseReached:
    """The case on which a process ended."""

    number: int = field(metadata=describe("The number of the case, from 1."))
    of: int
    case: dict[str, Any] = field(metadata=describe("The features that distinguish it from other cases."))


#: The kind of a function that returns None.
RETURNS_NONE = "returns_none"


@dataclass(frozen=True, slots=True)
class PythonMistake:
    """A mistake in the line that raised, in plain words."""

    kind: str = field(metadata=describe("A fixed word for the kind of mistake."))
    line: SourceLine
    text: str = field(metadata=describe("What the line does, in words to put after its place."))
    hint: str = field(
        default="", metadata=describe("The same without anything of the line's own; empty below the level line.")
    )


@dataclass(frozen=True, slots=True)
class StudentError:
    """The exception or the end of the student's code, with the student's own lines."""

    type: str
    message: str
    traceback: str = ""
    frames: tuple[SourceLine, ...] = field(
        default=(), metadata=describe("The student's own lines in the traceback, in order.")
    )
    lines: tuple[SourceLine, ...] = field(default=(), metadata=describe("Other lines that the message names."))
    ending: str = field(
        default="", metadata=describe("How the process ended, without naming the case; empty if it did not end.")
    )
    reached: CaseReached | None = field(
        default=None,
        metadata=describe("The case on which the process ended; null if it did not."),
    )
    mistake: PythonMistake | None = field(
        default=None,
        metadata=describe("The mistake behind the exception; null if none is certain."),
    )


@dataclass(frozen=True, slots=True)
class Flag:
    """A remark for staff beside the verdict, which does not affect it."""

    id: str
    title: str
    cases: tuple[int, ...] | None = field(
        default=None,
        metadata=describe("The numbers, in the secret pool, of the fresh cases that fail; null for other flags."),
    )


@dataclass(frozen=True, slots=True)
class NamedMistake:
    """A known mistake: its id, and a title that begins with a verb."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """An explanation that is consistent with every answer; texts hidden by the level of feedback are empty."""

    id: str
    title: str
    hint: str
    strong_hint: str
    read: str = field(metadata=describe("Where to read more."))
    apart: str = field(default="", metadata=describe("The difference from other explanations that fit."))
    mistakes: tuple[NamedMistake, ...] = field(
        default=(), metadata=describe("One mistake, or two made together; empty below the level line.")
    )
    names: tuple[str, ...] = field(default=(), metadata=describe("The rows that judge the lines it mentions."))


@dataclass(frozen=True, slots=True)
class FirstDifference:
    """The first wrong result of which the student's lines are known."""

    variable: str = field(metadata=describe("The name of the result."))
    message: str
    cell: int | None = field(default=None, metadata=describe("The cell of the lines; null in a Python file."))
    lines: tuple[int, ...] = field(
        default=(), metadata=describe("The student's lines that assign it, if they are few.")
    )
    file: str | None = field(
        default=None, metadata=describe("The path of the lines' file in a package; absent elsewhere.")
    )


@dataclass(frozen=True, slots=True)
class NotebookCheck:
    """The student's own functions that the notebook's check uses, if they are wrong. They cost no marks."""

    name: str = field(metadata=describe("The check, in words."))
    shape: str = field(metadata=describe("The shape that the check tries, in words."))
    code: str = field(metadata=describe("The lines that call the functions."))
    functions: tuple[str, ...] = field(metadata=describe("The submission's own functions that the check calls."))
    wrong: WrongNumber | None = field(
        metadata=describe("The first value that is wrong after these lines; null below the level line.")
    )
    lines: tuple[SourceLine, ...] = field(default=(), metadata=describe("Where the functions are defined."))
    form: str = field(
        default="", metadata=describe("What came in the place of the first array of another size; empty below line.")
    )


class RemarkKind(StrEnum):
    """The kinds of remarks about a submission."""

    #: It is right by another convention of the homework.
    CONVENTION = "convention"
    #: A result is off as by a small number within a logarithm, which the assignment allows.
    EPSILON = "epsilon"
    #: It is wrong only in cases that the handout does not try.
    TAUGHT = "taught"
    #: It is wrong in cases that the handout does not try, and that do not decide here.
    OUTSIDE = "outside"
    #: A function has parameters beyond those that the homework names.
    PARAMETER = "parameter"


@dataclass(frozen=True, slots=True)
class Remark:
    """A fact about a submission beside its marks, for its student and for staff."""

    kind: RemarkKind
    title: str = field(
        metadata=describe(
            "The author's words: a convention as it follows 'right by', what 'the handout tries', the name of a result"
            " or of a function."
        )
    )
    counting: str = field(default="", metadata=describe("Of a convention: the one that counts, in words alike."))
    cases: int = field(default=0, metadata=describe("Of the kind outside: the cases that it gets wrong."))
    of: int = field(
        default=0,
        metadata=describe("Of the kinds taught and outside: the cases of that kind; of parameter: the values passed."),
    )
    epsilon: float | None = field(
        default=None, metadata=describe("The largest number that a logarithm may have added.")
    )
    parameters: tuple[str, ...] = field(
        default=(), metadata=describe("Of the kind parameter: the names that the homework passes no value for.")
    )
    is_global: bool = field(
        default=False, metadata=describe("True if the submission's top level binds these names as well.")
    )


@dataclass(frozen=True, slots=True)
class Statistics:
    """The figures of the comparison."""

    networks: int = 0
    derivatives: int = 0
    inconclusive: int = 0
    seed: int = 0
    #: The only figure that differs between two gradings.
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class GradedAssignment:
    """The assignment and the cases that the submission was graded on."""

    id: str
    revision: str
    networks_sha256: str
    own_networks: bool = field(
        default=True,
        metadata=describe("False if the cases were drawn with a seed or a number that the sender chose."),
    )
    kind: str = field(default=CONTRACT, metadata=describe(f"The kind of assignment: `{CONTRACT}`."))


@dataclass(frozen=True, slots=True)
class Judgement:
    """The judge's conclusion from the answers: those members of a verdict that do not depend on who handed it in."""

    outcome: Outcome
    properties: tuple[Property, ...] = ()
    counterexample: CaseCounterexample | None = None
    error: StudentError | None = None
    statistics: Statistics = field(default_factory=Statistics)
    flags: tuple[Flag, ...] = ()
    diagnosis: tuple[Diagnosis, ...] = ()
    #: The results that are wrong somewhere, of the first of which the lines are known is the first difference.
    wrong_results: tuple[str, ...] = ()
    first_difference: FirstDifference | None = None
    repair: tuple[MendedStatement, ...] = ()
    notebook_check: NotebookCheck | None = None
    remarks: tuple[Remark, ...] = ()
    explained_by: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result object: the complete verdict on one submission."""

    schema: Literal["backmark.result/1"] = field(default=SCHEMA, init=False, metadata=describe(f"Always {SCHEMA}."))
    submission: GradedSubmission
    assignment: GradedAssignment
    outcome: Outcome
    score: int | None = field(
        metadata=describe(
            "Null only in a notebook's check, if the kit leaves open which marks a wrong submission keeps."
        )
    )
    max_score: int
    properties: tuple[Property, ...] = ()
    counterexample: CaseCounterexample | None = None
    diagnosis: tuple[Diagnosis, ...] = field(
        default=(), metadata=describe("The best explanation first; empty if none fits.")
    )
    first_difference: FirstDifference | None = None
    repair: tuple[MendedStatement, ...] = field(
        default=(),
        metadata=describe(
            "The fewest statements that must change, in the order of the submission; empty if none were found."
        ),
    )
    notebook_check: NotebookCheck | None = field(
        default=None,
        metadata=describe("Null if these functions are right or not known."),
    )
    remarks: tuple[Remark, ...] = field(default=(), metadata=describe("Empty if there is nothing to remark."))
    error: StudentError | None = None
    statistics: Statistics = field(default_factory=Statistics)
    flags: tuple[Flag, ...] = field(default=(), metadata=describe("Only for staff; empty for other tokens."))
    explained_by: tuple[Reason, ...] = field(
        default=(),
        metadata=describe(
            "Only for staff; empty for other tokens. How each line to change was found, then why each other row with"
            " marks is lost or kept."
        ),
    )
    output: str = field(default="", metadata=describe("The first 4 KiB that the submission printed."))
    engine: str | None = field(
        default=None,
        metadata=describe("The version of Backmark and its engine that reached the verdict, such as 0.2.0+1f0c3a5b."),
    )
    fingerprint: str = field(
        default="",
        metadata=describe(
            "Only for staff; empty for other tokens. A hash of the graded functions without comments, layout and"
            " docstrings, equal for equal code; empty if they could not be read, or an older version graded them."
        ),
    )
    level: Level | None = field(
        default=None,
        metadata=describe("Present only if parts of the verdict are hidden: the level of detail that is shown."),
    )

    @classmethod
    def of(  # noqa: PLR0913 - the parts of a verdict, each by its name
        cls,
        submission: GradedSubmission,
        assignment: GradedAssignment,
        judgement: Judgement,
        output: str = "",
        engine: str | None = None,
        fingerprint: str = "",
    ) -> "Verdict":
        """Return the verdict of a judgement, with the sums of its marks."""
        return cls(
            submission,
            assignment,
            score=sum(row.score for row in judgement.properties),
            max_score=sum(row.max_score for row in judgement.properties),
            output=output,
            engine=engine,
            fingerprint=fingerprint,
            **{name: getattr(judgement, name) for name in Judgement.__slots__ if name != "wrong_results"},
        )

    @property
    def mistakes(self) -> tuple[NamedMistake, ...]:
        """The mistakes by which a class is counted, each with its title, which is empty if unknown.

        They are the rows that the lines to change cost, each with the assignment's own mistake if it is known, else
        with the kind of the slip, so that a mistake has one title over a whole class; without such lines they are the
        mistakes of the best explanation.
        """
        if self.repair:
            own = self._own_mistake
            # Other assignments have rows of the same name.
            named = [
                NamedMistake(f"{self.assignment.id}:{row}{ending}", ": ".join(filter(None, (title, words))))
                for statement in self.repair
                for slip in statement.known_slips[:1] or (Slip(),)
                for ending, words in [(f":mistake:{own.id}", own.title) if own else (slip.suffix, slip.title)]
                for row, title in zip(statement.rows, statement.titles, strict=False)
            ]
            return tuple({mistake.id: mistake for mistake in named}.values())
        best = next(iter(self.diagnosis), None)
        if best is None:
            return ()
        return tuple(
            NamedMistake(mistake.id, f"{mistake.title[:1].upper()}{mistake.title[1:]}") for mistake in best.mistakes
        )

    @property
    def _own_mistake(self) -> NamedMistake | None:
        """The assignment's one mistake that explains all wrong numbers, and no other does as well; None otherwise."""
        best = next(iter(self.diagnosis), None)
        return best.mistakes[0] if best is not None and len(best.mistakes) == 1 and not best.apart else None

    def with_identity(self, submission: str, filename: str) -> "Verdict":
        """Return the verdict with the id and filename of a submission of the same source."""
        return replace(self, submission=replace(self.submission, id=submission, filename=filename))

    def as_dict(self) -> dict[str, Any]:
        """Return the result object, ready for JSON."""
        written: dict[str, Any] = _write(self)
        return written


def _write(value: Any) -> Any:
    """Return a record as an object, its tuples as lists; all that has come as JSON stays as it is."""
    if is_dataclass(value):
        members = ((part.name, getattr(value, part.name)) for part in fields(value))
        return {name: _write(member) for name, member in members if member is not None or name not in OMITTED_IF_NONE}
    return [_write(item) for item in value] if isinstance(value, tuple) else value
