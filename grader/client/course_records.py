"""The records of a course in a server's answers. Unknown members are ignored; marks are shares of the maximum."""

from dataclasses import dataclass, field
from datetime import datetime

from backmark.grader.client.records import Body, read

_RECORDED, _LEFT, _LAST = ({"json": f"{verb}_at"} for verb in ("recorded", "left", "last_attempt"))


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
