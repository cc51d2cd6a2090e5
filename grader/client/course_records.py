"""The records of a course in a server's answers. Unknown members are ignored; marks are shares of the maximum."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from backmark.grader.client.records import Body, read

_RECORDED, _LEFT, _LAST = ({"json": f"{verb}_at"} for verb in ("recorded", "left", "last_attempt"))


@dataclass(frozen=True, slots=True)
class CoursePolicy:
    """The rules of time of an assignment."""

    opens: datetime | None = None
    due: datetime | None = None
    closes: datetime | None = None
    #: Seconds after `due` within which nothing is late.
    grace: float = 0.0
    #: Per cent of the maximum that each started 24 hours take off; None: nothing.
    late: float | None = None
    floor: float = 0.0
    attempts: int | None = None
    #: `best` or `last`.
    counts: str = "best"

    @classmethod
    def read(cls, body: Body) -> "CoursePolicy":
        """Return a policy from the server's JSON."""
        return read(cls, body)


@dataclass(frozen=True, slots=True)
class StudentExtension:
    """Other limits for one student."""

    student: str
    author: str
    reason: str
    due: datetime | None = None
    closes: datetime | None = None
    attempts: int | None = None
    recorded: datetime | None = field(default=None, metadata=_RECORDED)

    @classmethod
    def read(cls, body: Body) -> "StudentExtension":
        """Return an extension from the server's JSON."""
        return read(cls, body)


@dataclass(frozen=True, slots=True)
class ServiceOutage:
    """A time in which the service took nothing."""

    id: str
    start: datetime
    end: datetime
    author: str
    reason: str

    @classmethod
    def read(cls, body: Body) -> "ServiceOutage":
        """Return an outage from the server's JSON."""
        return read(cls, body)


@dataclass(frozen=True, slots=True)
class HandInLink:
    """A link by which a student, or a class, hands in without a token."""

    #: The link; a path if the server was not told its address.
    url: str
    #: When it ends; without days this moves with the closing time of the assignment.
    ends: datetime = field(metadata={"json": "ends_at"})
    student: str | None = None

    @classmethod
    def read(cls, body: Body) -> "HandInLink":
        """Return a link from the server's JSON."""
        return read(cls, body)


@dataclass(frozen=True, slots=True)
class MarkOverride:
    """A mark that staff gave."""

    student: str
    share: float
    author: str
    reason: str
    #: The mark that was computed when it was given; None: none.
    computed: float | None = None
    recorded: datetime | None = field(default=None, metadata=_RECORDED)

    @classmethod
    def read(cls, body: Body) -> "MarkOverride":
        """Return an override from the server's JSON."""
        return read(cls, body)


@dataclass(frozen=True, slots=True)
class StudentMark:
    """A student's mark for an assignment."""

    student: str
    #: The mark that holds; None: there is none yet.
    share: float | None
    #: The mark without the override.
    computed: float | None
    name: str = ""
    lms_id: str = ""
    #: The attempt that counts.
    submission: str | None = None
    late_days: int = 0
    penalty: float = 0.0
    attempts: int = 0
    attempts_left: int | None = None
    #: Files that were refused before they ran; none of them is an attempt.
    refused_files: int = 0
    pending: bool = False
    last_attempt: datetime | None = field(default=None, metadata=_LAST)
    override: MarkOverride | None = None
    differs: bool = False
    #: The JSON of the answer.
    body: Body | None = None

    @classmethod
    def read(cls, body: Body) -> "StudentMark":
        """Return a mark from the server's JSON."""
        return read(cls, body)


@dataclass(frozen=True, slots=True)
class RosterStudent:
    """A student of a course."""

    student: str
    name: str = ""
    lms_id: str = ""
    source: str = ""
    #: Since when a whole roster lacks the student; None: is in the course.
    left: datetime | None = field(default=None, metadata=_LEFT)

    @classmethod
    def read(cls, body: Body) -> "RosterStudent":
        """Return an entry of a roster from the server's JSON."""
        return read(cls, body)


@dataclass(frozen=True, slots=True)
class RosterUpdate:
    """The number of students whom a roster changed."""

    added: int
    changed: int
    left: int

    @classmethod
    def read(cls, body: Body) -> "RosterUpdate":
        """Return the numbers from the server's JSON."""
        return read(cls, body)


@dataclass(frozen=True, slots=True)
class LoggedAct:
    """An act of staff."""

    at: datetime
    author: str
    act: str
    subject: str
    student: str = ""
    reason: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, body: Body) -> "LoggedAct":
        """Return an entry of the log from the server's JSON."""
        return read(cls, body)


@dataclass(frozen=True, slots=True)
class GradebookColumn:
    """A column of the LMS's gradebook that gets an assignment's marks."""

    #: The title of its link in the LMS; empty: not known yet.
    title: str = ""
    #: When the LMS said that it no longer exists; None: it exists.
    gone: datetime | None = field(default=None, metadata={"json": "gone_at"})

    @classmethod
    def read(cls, body: Body) -> "GradebookColumn":
        """Return a column from the server's JSON."""
        return read(cls, body)


@dataclass(frozen=True, slots=True)
class SentMark:
    """A student's mark on its way to the LMS's gradebook."""

    student: str
    #: `sent`, `waiting`, `nothing` (there is no mark, or nobody to send it for) or `failed`.
    state: str
    #: Why it was not sent, such as `refused`; None if it was.
    reason: str | None = None
    #: The HTTP status of the LMS's last answer, and its words.
    status: int | None = None
    detail: str = ""
    changed: datetime | None = field(default=None, metadata={"json": "changed_at"})
    sent: datetime | None = field(default=None, metadata={"json": "sent_at"})

    @classmethod
    def read(cls, body: Body) -> "SentMark":
        """Return a mark from the server's JSON."""
        return read(cls, body)
