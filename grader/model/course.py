"""A course, its staff, and the invitations by which they come."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated

from backmark.grader.model.fields import Doc, Unit
from backmark.grader.model.records import NAME, Scope
from backmark.grader.model.terms import (
    Attempts,
    Author,
    CountingAttempt,
    Counts,
    Floor,
    Grace,
    Late,
    Policy,
)

#: Days that an invitation may hold.
MOST_DAYS = 90
#: Assignments that a course may put in order or hide.
MOST_ARRANGED = 500
#: People whom one invitation lets in at most.
MOST_ACCEPTED = 100
#: Characters of a person's name, of a title and of a term.
LONGEST_NAME, LONGEST_TITLE, LONGEST_TERM = 100, 200, 60


@dataclass(frozen=True, slots=True)
class Course:
    """A course. Every field except `id` and `created` is a setting of the course."""

    id: str
    title: Annotated[
        str, Doc(none="pages show the title that the course has in the LMS, else its id", longest=LONGEST_TITLE)
    ] = ""
    term: Annotated[str, Doc("The term of the course, such as Spring 2027. Optional.", longest=LONGEST_TERM)] = ""
    zone: Annotated[
        str,
        Doc(
            "The IANA time zone of the times in forms, such as Europe/Zurich. With UTC, forms show times in the "
            "browser's time zone.",
            shortest=1,
            longest=64,
            label="Time zone",
        ),
    ] = "UTC"
    contact: Annotated[
        str,
        Doc(
            "Whom students can ask, such as an e-mail address. The form to hand in shows it.",
            none="nobody is named",
            longest=200,
        ),
    ] = ""
    archived: Annotated[
        float | None,
        Doc(
            "The time of archiving: students hand in nothing from then on, and lists leave the course out.",
            none="the course is in use",
            unit=Unit.TIME,
        ),
    ] = None
    assignment_order: Annotated[
        tuple[str, ...],
        Doc(
            "The ids of the assignments that lists show first, in their order. The others follow by id.",
            most=MOST_ARRANGED,
            pattern=NAME,
        ),
    ] = ()
    hidden_assignments: Annotated[
        tuple[str, ...],
        Doc(
            "The ids of the assignments that lists leave out, also where an LMS or a portal offers assignments. Their "
            "links, marks and verdicts stay.",
            most=MOST_ARRANGED,
            pattern=NAME,
        ),
    ] = ()
    #: The fields that a policy begins with.
    default_grace: Grace = 0.0
    default_late: Late = None
    default_floor: Floor = 0.0
    default_attempts: Attempts = None
    default_counts: CountingAttempt = Counts.BEST
    created: Annotated[
        float,
        Doc(
            "The time at which the course was made.",
            unit=Unit.TIME,
            json="created_at",
        ),
    ] = 0.0

    @property
    def new_policy(self) -> Policy:
        """The policy that one for a new assignment begins with."""
        return Policy(
            grace=self.default_grace,
            late=self.default_late,
            floor=self.default_floor,
            attempts=self.default_attempts,
            counts=self.default_counts,
        )

    def is_archived(self, now: float) -> bool:
        """Return True if students hand in nothing any more."""
        return self.archived is not None and self.archived <= now


class Role(StrEnum):
    """The role of a member of staff, which decides the scope of the token."""

    INSTRUCTOR = "instructor"
    ASSISTANT = "assistant"

    @property
    def scope(self) -> Scope:
        """The scope of a token with this role."""
        return _SCOPES[self]


_SCOPES: Mapping[Role, Scope] = MappingProxyType({Role.INSTRUCTOR: Scope.STAFF, Role.ASSISTANT: Scope.ASSIST})

RoleField = Annotated[
    Role,
    Doc(
        "Assistants see the course, but no solutions, and grade; instructors also set policies, publish, regrade and"
        " invite.",
        choices={"assistant": "assistant", "instructor": "instructor"},
    ),
]


class StaffSource(StrEnum):
    """The way in which a person became staff."""

    TOKEN = "token"  # noqa: S105 - a name
    INVITATION = "invitation"
    LTI = "lti"


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A member of the staff of a course, who has a token for it or comes from its LMS."""

    id: Annotated[str, Doc("The id of the token; for staff from an LMS, the name on their submissions.")]
    name: str
    role: RoleField
    source: Annotated[
        StaffSource,
        Doc("An administrator's token, an invitation, or the LMS, which alone decides which of its users are staff."),
    ]
    since: Annotated[float, Doc("When the token was made; for staff from an LMS, their latest launch.", unit=Unit.TIME)]
    expires: Annotated[
        float | None, Doc("When the token expires.", none="never", unit=Unit.TIME, json="expires_at")
    ] = None


@dataclass(frozen=True, slots=True)
class NewMember:
    """A person who accepts an invitation."""

    name: Annotated[
        str,
        Doc(
            "Other staff see this name, and the log shows it beside your acts.",
            shortest=1,
            longest=LONGEST_NAME,
            label="Your name",
        ),
    ]


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link by which people become staff of a course."""

    role: RoleField = Role.ASSISTANT
    days: Annotated[int, Doc("Days until the invitation ends.", least=1, most=MOST_DAYS)] = 7
    once: Annotated[bool, Doc("The first person who accepts uses up the invitation.", label="For one person")] = True
    id: Annotated[str, Doc("The id by which the invitation is withdrawn.")] = ""
    author: Author = ""
    created: Annotated[float, Doc("When the invitation was made.", unit=Unit.TIME, json="created_at")] = 0.0
    accepted: Annotated[int, Doc("The number of people who have accepted the invitation.")] = 0

    @property
    def ends(self) -> float:
        """When it ends, in seconds since 1970."""
        return self.created + 86_400 * self.days

    def holds(self, now: float) -> bool:
        """Return True if somebody may still accept it."""
        return now < self.ends and self.accepted < (1 if self.once else MOST_ACCEPTED)
