"""Candidates and their answers: a student's function behind whatever wall, or one of our own in the tests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from grader.model.verdict import PythonMistake, SourceLine
from grader.oracle.cases import Cases
from grader.oracle.network import Array

AskedCases_contra = TypeVar("AskedCases_contra", bound=Cases, contravariant=True)


@dataclass(frozen=True, slots=True, eq=False)
class Returned:
    """The results in the right shapes, one after the other in one flat array, finite or not.

    Of a network: dW[0], db[0], dW[1], db[1] and so on.
    """

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
    """An answer of another form, or with numbers that are not finite; two are equal if they are wrong alike."""

    #: `all_dl_dweights`, `all_dl_dbiases`, or `return` for both.
    where: str
    #: The array in that list; None for the list itself.
    index: int | None = None
    #: The shape of the array, or the number of arrays in the list, that was asked for.
    wanted: tuple[int, ...] | int | None = None
    received: ReceivedForm | None = None
    #: True if the form is right, and some number is not finite; then it is NaN or an infinity, and stands `at` there.
    overflowed: bool = False
    nan: bool = False
    at: tuple[int, int] | None = None
    #: Of an answer in parts the numbers that there are, NaN in the place of the others.
    numbers: Array | None = field(default=None, compare=False, repr=False)
    #: Names of arguments that differ after the call.
    changed: tuple[str, ...] = ()
    #: Of an answer in parts every result of another form, this one first.
    forms: tuple["Malformed", ...] = field(default=(), compare=False, repr=False)


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
    #: Of an answer in parts the numbers that there are, NaN in the place of the others.
    numbers: Array | None = field(default=None, compare=False, repr=False)
    #: Names of arguments that differ after the call.
    changed: tuple[str, ...] = ()
    #: Of an answer in parts the results of another form.
    forms: tuple[Malformed, ...] = field(default=(), compare=False, repr=False)
    #: Of an answer in parts, by the expression of a result that has no value, why: if another exception is it, or what
    #: the submission lacks.
    causes: Mapping[str, Cause] = field(default_factory=dict, compare=False, repr=False)
    #: The mistake behind it, if it is the first that was raised in its line.
    mistake: PythonMistake | None = field(default=None, compare=False, repr=False)


Answer = Returned | Malformed | Raised


class Candidate(Protocol[AskedCases_contra]):
    """A student's function that can be asked."""

    def answer(self, cases: AskedCases_contra) -> list[Answer]:
        """One answer for each case, in order.

        Raises a CandidateError where it ends without answering all of them, with those it gave in `answers`.
        """
        ...

    def evidence(self, cases: AskedCases_contra) -> list[Any]:
        """All else that its subject reads of it, for each case in order; fewer, or none, if it ends before."""
        ...
