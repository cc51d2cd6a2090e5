"""The conclusion of a subject about its own rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grader.judge.mending import Mender
from grader.judge.row import Row
from grader.model.verdict import Diagnosis, FirstDifference, Flag, MendedStatement
from grader.oracle.answers import Answer, Candidate, Raised


@dataclass(frozen=True, slots=True)
class RowSpec:
    """A row of the rubric: its name, its title and the most marks for it."""

    name: str
    title: str
    most: int


@dataclass(frozen=True, slots=True)
class Given:
    """All that is known of a submission that is wrong somewhere."""

    #: By case the answer that counts: the wrong one of two, whichever came first.
    answers: Sequence[Answer]
    #: The answers that came first: explanations follow the calls in their order.
    first: Sequence[Answer]
    #: Which of the answers that count are wrong, and which of the first ones.
    agrees: Row
    first_agrees: Row
    #: False if the same question had different answers, and no argument was changed.
    repeats: bool
    flags: Sequence[Flag]
    #: Asks fresh processes about cases that are wrong; returns True if one is wrong there, too.
    fails_alone: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class AloneMarks:
    """The rows of a subject by answers that no call came before, each of a process of its own."""

    rows: dict[str, Row]
    #: These answers by case.
    answers: Mapping[int, Answer]


@dataclass(frozen=True, slots=True)
class MendedMarks:
    """The rows of a submission by the statements that must be mended, which carry its marks."""

    rows: dict[str, Row]
    #: All rows of the verdict, with the marks that they carry now.
    specs: Sequence[RowSpec]
    repair: tuple[MendedStatement, ...]
    #: The explanations that are kept beside them.
    diagnosis: tuple[Diagnosis, ...] = ()


@dataclass(frozen=True, slots=True)
class SubjectMarks:
    """The conclusion of a subject about a submission: its own rows, and their explanation."""

    #: A row of a name that the judge has, too, takes its place.
    rows: dict[str, Row]
    #: The exception that left nothing to judge.
    raised: Raised | None = None
    #: The explanations of every answer, the best first, and the place at which the numbers go wrong first.
    diagnosis: tuple[Diagnosis, ...] = ()
    first_difference: FirstDifference | None = None
    #: The explanations in their place if a counterexample does not fail in a process that has answered nothing yet.
    unrepeated: tuple[Diagnosis, ...] = ()
    #: Judges rows again, if the answers depend on the calls before, by those of fresh processes; it returns None if one
    #: ends, or if that earns no more. None: there is nothing that it would judge otherwise.
    alone: Callable[[Callable[[], Candidate[Any]]], AloneMarks | None] | None = None
    #: All rows of the verdict, if they carry other marks than those of a right one.
    specs: Sequence[RowSpec] | None = None
    #: Finds the statements that must be mended; it returns None if there are none, or if that earns no more.
    mend: Callable[[Callable[[], Mender]], MendedMarks | None] | None = None
