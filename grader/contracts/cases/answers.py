"""Candidates and their answers: a student's function behind whatever wall, or one of our own in the tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import PythonMistake


@dataclass(frozen=True, slots=True, eq=False)
class Returned:
    """The results in the right shapes, one after the other in one flat array, finite or not."""

    numbers: Array
    #: Names of arguments that differ after the call.
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceivedForm:
    """The object in the place of an array or a list: of its type, shape, dtype and length what shows the difference."""

    type: str = ""
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Malformed:
    """An answer with results of another form; two are equal if they are wrong alike."""

    #: The first of these results, as it is declared, or a list that it is an item of.
    where: str
    #: The shape of the array that was asked for; None if that is a list.
    wanted: tuple[int, ...] | None = None
    received: ReceivedForm | None = None
    #: The numbers that there are, NaN in the place of the others.
    numbers: Array | None = field(default=None, compare=False, repr=False)
    #: Names of arguments that differ after the call.
    changed: tuple[str, ...] = ()
    #: Every result of another form, this one first.
    forms: tuple["Malformed", ...] = field(default=(), compare=False, repr=False)

    def concerns(self, expression: str) -> bool:
        """Return True if it is about the result of this expression, or about a list that this is an item of."""
        return expression == self.where or (self.wanted is None and expression.startswith(f"{self.where}["))


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a result has no value: the type of an exception, and the function that the submission lacks if that is it."""

    type: str
    lacking: str = ""


@dataclass(frozen=True, slots=True)
class Raised:
    """An answer of a function that raised; the traceback has the student's own line numbers."""

    type: str
    message: str
    traceback: str = ""
    #: The student's own lines in the traceback, in its order.
    frames: tuple[SourceLine, ...] = ()
    #: Other lines that the message names.
    lines: tuple[SourceLine, ...] = ()
    #: The numbers that there are, NaN in the place of the others.
    numbers: Array | None = field(default=None, compare=False, repr=False)
    #: Names of arguments that differ after the call.
    changed: tuple[str, ...] = ()
    #: True if the call itself raised nothing, and only what it left has no such result.
    completed: bool = field(default=False, compare=False)
    #: The results of another form.
    forms: tuple[Malformed, ...] = field(default=(), compare=False, repr=False)
    #: By the expression of a result that has no value, why: if another exception is it, or what
    #: the submission lacks.
    causes: Mapping[str, Cause] = field(default_factory=dict, compare=False, repr=False)
    #: The mistake behind it, if it is the first of its line that is sure.
    mistake: PythonMistake | None = field(default=None, compare=False, repr=False)


Answer = Returned | Malformed | Raised


def find_told(answers: Sequence[Answer]) -> Raised | None:
    """Return the first answer that raised, or the one of the same line that tells the mistake behind it."""
    raised = [answer for answer in answers if isinstance(answer, Raised)]
    alike = (answer for answer in raised if (answer.type, answer.frames) == (raised[0].type, raised[0].frames))
    return next((answer for answer in alike if answer.mistake), raised[0] if raised else None)


class Candidate(Protocol):
    """A student's function that can be asked."""

    def answer(self, cases: ContractCases) -> list[Answer]:
        """One answer for each case, in order.

        Raises a CandidateError where it ends without answering all of them, with those it gave in `answers`.
        """
        ...
