"""Equal code: which students of an assignment handed in the same functions. It says nothing of how that came about."""

from dataclasses import dataclass
from typing import Annotated

from backmark.grader.model.fields import Doc
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import Created


@dataclass(frozen=True, slots=True)
class EqualSubmission:
    """A submission with the code of a group."""

    id: str
    created: Created
    outcome: Annotated[Outcome | None, Doc(none="the submission waits for its verdict")] = None


@dataclass(frozen=True, slots=True)
class EqualStudent:
    """A student with the code of a group."""

    student: str
    submissions: Annotated[tuple[EqualSubmission, ...], Doc("The student's submissions with this code, oldest first.")]
    name: Annotated[str, Doc("The student's name in the roster.", none="unknown")] = ""
    section: Annotated[str | None, Doc("The section of the course.", none="none")] = None
    verified: Annotated[
        bool, Doc("False if the name was typed on a link for the whole class, where nobody checks it.")
    ] = True


@dataclass(frozen=True, slots=True)
class CodeGroup:
    """Students whose graded functions are the same but for comments, layout and docstrings."""

    fingerprint: Annotated[
        str, Doc("The hash that their code has in common: `fingerprint` in their verdicts, or that of the file.")
    ]
    students: Annotated[tuple[EqualStudent, ...], Doc("At least two, in the order in which they handed it in first.")]


@dataclass(frozen=True, slots=True)
class EqualCode:
    """The groups of students of an assignment with equal code, and the code that makes no group."""

    groups: Annotated[tuple[CodeGroup, ...], Doc("The largest group first.")] = ()
    handed_in: Annotated[int, Doc("The number of students with an attempt.")] = 0
    common: Annotated[
        int,
        Doc(
            "The number of students with code that makes no group because three quarters of the class or more have it;"
            " 0 if there is no such code, or fewer than eight students handed in."
        ),
    ] = 0
