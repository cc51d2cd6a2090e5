"""The rules of time of an assignment: policies, and what holds for single students. Times are seconds since 1970.

A mark is a share of an assignment's maximum, 0 to 1: revisions may have different maxima.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from backmark.grader.model.fields import Doc, Unit

#: Seconds of grace: more is another due.
MOST_GRACE = 7 * 86_400
MOST_ATTEMPTS = 10_000

Author = Annotated[str, Doc("The name of the token, or of the person who came from an LMS.")]
Reason = Annotated[str, Doc("Staff see the reason, and the log keeps it.", shortest=1, longest=500, lines=True)]
Recorded = Annotated[float, Doc("The time of recording, by the store's clock.", unit=Unit.TIME, json="recorded_at")]


class Counts(StrEnum):
    """The attempt that counts: the one with the highest mark after lateness, or the last one."""

    BEST = "best"
    LAST = "last"


Grace = Annotated[
    float,
    Doc(
        "A file within this time after due is not late. Beyond it, lateness counts from due.",
        unit=Unit.SECONDS,
        most=MOST_GRACE,
        label="Minutes of grace",
    ),
]
Late = Annotated[
    float | None,
    Doc(
        "Per cent of the maximum that each started day (24 hours) of lateness takes off.",
        none="nothing is taken off, and the LMS receives the time of handing in",
        unit=Unit.PERCENT,
        most=100,
        label="Per cent off for each late day",
    ),
]
Floor = Annotated[
    float,
    Doc(
        "Lateness never takes a mark below this per cent of the maximum, and never raises one.",
        unit=Unit.PERCENT,
        most=100,
        label="Lowest mark after lateness, in per cent",
    ),
]
Attempts = Annotated[
    int | None,
    Doc(
        "The largest number of attempts. Refused files do not count as attempts.",
        none="students may hand in any number of times",
        least=1,
        most=MOST_ATTEMPTS,
        label="Attempts",
    ),
]
CountingAttempt = Annotated[
    Counts,
    Doc(
        label="The attempt that counts",
        choices={"best": "the best, after lateness", "last": "the last that has a verdict"},
    ),
]


@dataclass(frozen=True, slots=True)
class Policy:
    """When and how often students may submit to an assignment, and what lateness takes off.

    Without a policy, nothing is late and the best attempt counts.
    """

    opens: Annotated[
        float | None, Doc("No file is accepted before this time.", none="the assignment is open now", unit=Unit.TIME)
    ] = None
    due: Annotated[
        float | None,
        Doc("An attempt after this time, plus the grace, is late.", none="nothing is ever late", unit=Unit.TIME),
    ] = None
    closes: Annotated[
        float | None, Doc("No file is accepted from this time on.", none="the assignment never closes", unit=Unit.TIME)
    ] = None
    grace: Grace = 0.0
    late: Late = None
    floor: Floor = 0.0
    attempts: Attempts = None
    counts: CountingAttempt = Counts.BEST
    held_back: Annotated[
        bool,
        Doc(
            "Students see neither verdicts nor marks, and the LMS gets none, until staff publish them.",
            label="Hold back verdicts and marks",
        ),
    ] = False


@dataclass(frozen=True, slots=True)
class Extension:
    """Other limits for one student than the policy has; a limit that is null is as the policy says."""

    student: str
    due: Annotated[
        float | None, Doc("If due moves to later, closing moves with it.", none="the policy applies", unit=Unit.TIME)
    ]
    closes: Annotated[float | None, Doc(none="the policy applies", unit=Unit.TIME)]
    attempts: Annotated[
        int | None, Doc(label="Attempts in all", none="the policy applies", least=1, most=MOST_ATTEMPTS)
    ]
    author: Author
    reason: Reason
    recorded: Recorded = 0.0


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which the service accepted no files: each due or closing time after its start moves by its length."""

    start: Annotated[float, Doc("The start of the outage.", unit=Unit.TIME, label="From")]
    end: Annotated[float, Doc("The end of the outage.", unit=Unit.TIME, label="To")]
    author: Author
    reason: Reason
    recorded: Recorded = 0.0
    id: Annotated[str, Doc("The id by which the outage is removed.")] = ""


class OverrideKind(StrEnum):
    """The kind of an override: the mark itself, or the least mark, which a better attempt raises."""

    FIXED = "fixed"
    AT_LEAST = "at_least"


@dataclass(frozen=True, slots=True)
class Override:
    """A mark that staff gave: in place of the computed one, or as the least mark, until the override is removed."""

    student: str
    share: Annotated[
        float,
        Doc("The part of the maximum that the student gets.", unit=Unit.SHARE, most=1, label="Mark in per cent"),
    ]
    author: Author
    reason: Reason
    recorded: Recorded = 0.0
    computed: Annotated[
        float | None,
        Doc("The computed mark at the time of the override.", none="there was none", unit=Unit.SHARE),
    ] = None
    kind: Annotated[
        OverrideKind,
        Doc(
            "The student reads which one you choose.",
            label="Further attempts",
            choices={"fixed": "do not change the mark", "at_least": "raise the mark, if one is better"},
        ),
    ] = OverrideKind.FIXED


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

    @property
    def held_back(self) -> bool:
        """True if students read neither verdicts nor marks yet."""
        return self.policy is not None and self.policy.held_back


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
