"""Marks on their way to an LMS's gradebook, and its roster. Times are seconds since 1970."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from backmark.grader.model.fields import Doc, Unit
from backmark.grader.model.lti import LineItem


class ScoreState(StrEnum):
    """The state of a mark on its way to the LMS."""

    WAITING = "waiting"
    #: The gradebook has the present mark.
    SENT = "sent"
    #: There is no mark to send, or nobody to send one for.
    NOTHING = "nothing"
    #: Given up; `reason` says why.
    FAILED = "failed"


class ScoreReason(StrEnum):
    """The reason why a mark was not sent to the LMS."""

    #: The student has no mark, and never had one in the gradebook.
    NO_MARK = "no_mark"
    #: There is no mark any more. The gradebook keeps the one that it has.
    MARK_GONE = "mark_gone"
    #: Marks of the assignment are held back until staff publish them. The gradebook keeps the one that it has.
    HELD_BACK = "held_back"
    STAFF = "staff"
    TEST_STUDENT = "test_student"
    #: No launch and no roster of the platform has named the student.
    UNKNOWN_STUDENT = "unknown_student"
    UNKNOWN_PLATFORM = "unknown_platform"
    #: The platform has no such column any more.
    COLUMN_GONE = "column_gone"
    #: The platform did not answer, or its address is not one that requests may go to.
    NO_ANSWER = "no_answer"
    #: The platform gave no access token.
    NO_TOKEN = "no_token"  # noqa: S105 - a reason
    #: The platform answered with an error; `status` says which.
    REFUSED = "refused"
    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True, slots=True)
class Score:
    """A student's mark on its way to a column of the LMS's gradebook, and if it arrived."""

    student: str
    state: ScoreState
    changed: Annotated[float, Doc("When the mark changed last.", unit=Unit.TIME, json="changed_at")]
    line_item: Annotated[str, Doc("Backmark's id of the column.")] = ""
    sent: Annotated[float | None, Doc("When a mark was sent last.", none="never", unit=Unit.TIME, json="sent_at")] = (
        None
    )
    tries: Annotated[int, Doc("Tries since the mark changed.")] = 0
    status: Annotated[int | None, Doc("The HTTP status of the LMS's last answer.")] = None
    reason: Annotated[
        ScoreReason | None,
        Doc("The reason why the mark was not sent.", none="the mark was sent, or sending was not tried yet"),
    ] = None
    detail: Annotated[str, Doc("The message of the LMS, or of the connection.")] = ""


@dataclass(frozen=True, slots=True)
class ColumnFailure:
    """A column of a gradebook whose marks all fail, for reasons that are the LMS's."""

    since: float
    #: When it was parked: it is tried once a day from then on. None: it is tried every minute.
    parked: float | None = None
    #: The HTTP status of the last answer, and its words.
    status: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class GradebookColumn:
    """A column of the LMS's gradebook that gets an assignment's marks."""

    title: Annotated[str, Doc("The title of its link in the LMS; empty: not known yet.")] = ""
    gone: Annotated[
        float | None,
        Doc(
            "When the LMS said that the column no longer exists. Nothing is sent to it since then.",
            none="the column exists",
            unit=Unit.TIME,
            json="gone_at",
        ),
    ] = None
    line_item: Annotated[str, Doc("Backmark's id of the column.")] = ""
    parked: Annotated[
        float | None,
        Doc(
            "When Backmark stopped trying the column but once a day, since the LMS refused all of its marks, and took"
            " marks of other columns.",
            none="the column is not parked",
            unit=Unit.TIME,
            json="parked_at",
        ),
    ] = None
    status: Annotated[int | None, Doc("The HTTP status that the LMS answered to a parked column last.")] = None

    @classmethod
    def of(cls, item: LineItem, failure: ColumnFailure | None) -> "GradebookColumn":
        """Return what staff see of a line item."""
        if failure is None or failure.parked is None:
            return cls(item.title, item.gone, item.id)
        return cls(item.title, item.gone, item.id, failure.parked, failure.status)


@dataclass(frozen=True, slots=True)
class RosterReading:
    """The last reading of a course's roster from its LMS."""

    read: Annotated[
        float | None, Doc("When the roster was last read.", none="never", unit=Unit.TIME, json="read_at")
    ] = None
    tried: Annotated[
        float | None, Doc("When reading was last tried.", none="never", unit=Unit.TIME, json="tried_at")
    ] = None
    problem: Annotated[str, Doc("What went wrong the last time; empty if nothing did.")] = ""
