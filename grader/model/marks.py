"""Attempts, and the marks that come of them: shares of an assignment's maximum, 0 to 1."""

from dataclasses import dataclass
from typing import Annotated

from backmark.grader.model.fields import Doc, Unit
from backmark.grader.model.people import RosterEntry
from backmark.grader.model.terms import Extension, Override


@dataclass(frozen=True, slots=True)
class Attempt:
    """A submission as far as marks depend on it."""

    submission: str
    created: float
    #: None: it has no verdict yet.
    share: float | None
    #: The ids of the mistakes that explain its verdict.
    mistakes: tuple[str, ...] = ()
    #: The marks of which `share` is a share; 0: there are none to have, or there is no verdict yet.
    max_score: int = 0
    #: The rows that it lost.
    failing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Marking:
    """A student's mark for an assignment, and how it came about."""

    student: str
    #: The mark that holds: the override's, or that of the attempt that counts. None: there is none yet.
    share: float | None
    #: The mark without the override.
    computed: float | None
    #: The attempt that counts, its number from 1 on, its mark before lateness, the seconds late, the started days, what
    #: they took.
    submission: str | None = None
    attempt: int | None = None
    raw: float | None = None
    lateness: float = 0.0
    days: int = 0
    penalty: float = 0.0
    #: The highest mark before lateness.
    best: float | None = None
    #: Attempts that count, and how many are left; None: any number.
    attempts: int = 0
    left: int | None = None
    #: When the last attempt was recorded.
    last: float | None = None
    #: True if an attempt waits for its verdict.
    pending: bool = False
    override: Override | None = None
    #: True if the mark that holds is the override's; False: it is the attempt's, or there is none.
    overridden: bool = False
    #: Of the attempt that counts the ids of the mistakes that explain it, and the marks that it could have.
    mistakes: tuple[str, ...] = ()
    max_score: int = 0

    @property
    def differs(self) -> bool:
        """True if another mark has been computed since the override was given."""
        return self.override is not None and self.override.computed != self.computed


@dataclass(frozen=True, slots=True)
class MarkStatistics:
    """Statistics of the marks of a class, or of a section of it. Students without a mark are counted apart."""

    section: Annotated[
        str | None, Doc("The section; empty for students of no section.", none="the statistics are of the whole class")
    ]
    students: Annotated[int, Doc("Students with a mark.")]
    unmarked: Annotated[int, Doc("Students without one.")] = 0
    mean: Annotated[float | None, Doc(none="nobody has a mark")] = None
    lower_quartile: float | None = None
    median: float | None = None
    upper_quartile: float | None = None


@dataclass(frozen=True, slots=True)
class StudentMark:
    """A student's mark for an assignment, and how it came about. A mark is a part of the maximum, 0 to 1."""

    student: str
    share: Annotated[float | None, Doc("The mark in force.", none="there is none yet")]
    computed: Annotated[float | None, Doc("The mark without the override.")]
    name: Annotated[str, Doc("The student's name in the roster.", none="unknown")] = ""
    lms_id: Annotated[str, Doc("The id by which the LMS's exported files know the student.", none="unknown")] = ""
    section: Annotated[str | None, Doc("The section of the course.", none="none")] = None
    in_roster: bool = False
    left: Annotated[float | None, Doc("When the student left the roster.", unit=Unit.TIME, json="left_at")] = None
    verified: Annotated[
        bool, Doc("False if the name was typed on a link for the whole class, where nobody checks it.")
    ] = True
    submission: Annotated[str | None, Doc("The attempt that counts.")] = None
    raw: Annotated[float | None, Doc("The mark of that attempt before lateness.")] = None
    lateness: Annotated[float, Doc("Lateness in seconds.", json="lateness_seconds")] = 0.0
    late_days: Annotated[int, Doc("Lateness in started days of 24 hours.")] = 0
    penalty: Annotated[float, Doc("The part of the maximum that lateness took off.")] = 0.0
    best: Annotated[float | None, Doc("The highest mark of all attempts, before lateness.")] = None
    attempts: int = 0
    attempts_left: Annotated[int | None, Doc(none="any number")] = None
    refused_files: Annotated[int, Doc("Files that were refused before they ran; none of them is an attempt.")] = 0
    pending: Annotated[bool, Doc("True if an attempt waits for its verdict.")] = False
    last_attempt: Annotated[float | None, Doc(unit=Unit.TIME, json="last_attempt_at")] = None
    mistakes: Annotated[
        tuple[str, ...],
        Doc("The ids of the mistakes that explain the attempt that counts, or of the rows that its wrong lines cost."),
    ] = ()
    override: Override | None = None
    differs: Annotated[bool, Doc("True if another mark has been computed since the override was given.")] = False
    extension: Extension | None = None

    @classmethod
    def of(
        cls, marking: Marking, entry: RosterEntry | None, extension: Extension | None, refused_files: int
    ) -> "StudentMark":
        """Return what a marking, and the student's entry in the roster, say in one row."""
        return cls(
            student=marking.student,
            share=marking.share,
            computed=marking.computed,
            name=entry.name if entry else "",
            lms_id=entry.lms_id if entry else "",
            section=entry.section if entry else None,
            in_roster=entry is not None,
            left=entry.left if entry else None,
            verified="!" not in marking.student,
            submission=marking.submission,
            raw=marking.raw,
            lateness=marking.lateness,
            late_days=marking.days,
            penalty=marking.penalty,
            best=marking.best,
            attempts=marking.attempts,
            attempts_left=marking.left,
            refused_files=refused_files,
            pending=marking.pending,
            last_attempt=marking.last,
            mistakes=marking.mistakes,
            override=marking.override,
            differs=marking.differs,
            extension=extension,
        )
