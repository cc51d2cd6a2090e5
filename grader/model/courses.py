"""The nouns of time and people: policies, extensions, overrides, the roster. Times are seconds since 1970.

A mark is a share of an assignment's maximum, 0 to 1: revisions may have different maxima.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Counts(StrEnum):
    """The attempt that counts: the one with the highest mark after what lateness takes off, or the last."""

    BEST = "best"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of time of an assignment in a course. Without one, nothing is late and the best attempt counts."""

    #: Before it nothing is taken; None: at once.
    opens: float | None = None
    #: After it, and the grace, an attempt is late; None: never.
    due: float | None = None
    #: From then on nothing is taken; None: never.
    closes: float | None = None
    #: Seconds after `due` within which nothing is late. Beyond them lateness counts from `due`.
    grace: float = 0.0
    #: Per cent of the maximum that each started 24 hours of lateness take off. None: Backmark takes nothing off, and
    #: sends true times, so that the LMS can.
    late: float | None = None
    #: Per cent of the maximum below which lateness alone takes no mark. It never lifts a mark.
    floor: float = 0.0
    #: The most attempts that count; None: any number.
    attempts: int | None = None
    counts: Counts = Counts.BEST


@dataclass(frozen=True, slots=True)
class Extension:
    """Other limits for one student; what is None is as the policy says."""

    student: str
    due: float | None
    closes: float | None
    attempts: int | None
    #: The name of the staff member's token, and why.
    author: str
    reason: str
    #: By the store's clock, which sets it.
    recorded: float = 0.0


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which the service did not take submissions: every due and close after its start moves by its length."""

    start: float
    end: float
    author: str
    reason: str
    recorded: float = 0.0
    #: By which it is removed; the store gives it.
    id: str = ""


@dataclass(frozen=True, slots=True)
class Override:
    """A mark that staff gave. It holds until it is removed."""

    student: str
    share: float
    author: str
    reason: str
    recorded: float = 0.0
    #: The mark that was computed when it was given; None if there was none. A later one that differs is said.
    computed: float | None = None


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """A student of a course."""

    student: str
    #: As the roster has it, for staff; empty: unknown.
    name: str = ""
    #: The id by which the LMS's exported files know the student; empty: unknown.
    lms_id: str = ""
    #: Where the entry comes from: `csv`, `lti`, `staff`.
    source: str = "staff"
    #: When the roster no longer had the student; None: is in the course.
    left: float | None = None
    #: When a roster last had the student.
    recorded: float = 0.0


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An act of staff."""

    at: float
    #: The name of the token, or of the person who came from an LMS.
    author: str
    #: A verb and what it was done to, such as `override.set`.
    act: str
    #: The assignment, submission, regrade, token or callback that it was done to; empty: the course.
    subject: str
    #: The student whom it concerned; empty: nobody, or somebody whose data was deleted since.
    student: str = ""
    #: As the author gave it.
    reason: str = ""
    #: What was set, as a JSON object; empty: there is no more to it.
    details: str = ""


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


@dataclass(frozen=True, slots=True)
class Terms:
    """The rules of time of an assignment for one student."""

    #: None: nothing is late, and the best attempt counts.
    policy: Policy | None = None
    extension: Extension | None = None
    outages: tuple[Outage, ...] = ()
    override: Override | None = None
    #: The store's number of changes: with another one other rules may hold.
    version: int = 0


@dataclass(frozen=True, slots=True)
class CourseTerms:
    """The rules of time of an assignment for a course; extensions and overrides by student."""

    policy: Policy | None
    extensions: Mapping[str, Extension]
    outages: tuple[Outage, ...]
    overrides: Mapping[str, Override]

    def of(self, student: str) -> Terms:
        """Return the rules for one student."""
        return Terms(self.policy, self.extensions.get(student), self.outages, self.overrides.get(student))


@dataclass(frozen=True, slots=True)
class Marking:
    """A student's mark for an assignment, and how it came about."""

    student: str
    #: The mark that holds: the override's, or that of the attempt that counts. None: there is none yet.
    share: float | None
    #: The mark without the override.
    computed: float | None
    #: The attempt that counts, and of it the mark before lateness, the seconds late, the started days, what they took.
    submission: str | None = None
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
    #: Of the attempt that counts the ids of the mistakes that explain it, and the marks that it could have.
    mistakes: tuple[str, ...] = ()
    max_score: int = 0

    @property
    def differs(self) -> bool:
        """True if another mark has been computed since the override was given."""
        return self.override is not None and self.override.computed != self.computed
