"""A course, its staff, and the invitations by which they come."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated

from backmark.grader.model.fields import Doc, Unit
from backmark.grader.model.records import Scope
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
#: People whom one invitation lets in at most.
MOST_ACCEPTED = 100
#: Characters of a person's name, of a title and of a term.
LONGEST_NAME, LONGEST_TITLE, LONGEST_TERM = 100, 200, 60


@dataclass(frozen=True, slots=True)
class Course:
    """A course. Each of its fields but `id` and `created` is a setting of it."""

    id: str
    title: Annotated[str, Doc(none="its title in the LMS, else its id", longest=LONGEST_TITLE)] = ""
    term: Annotated[str, Doc("When it is given, such as Spring 2027.", none="unknown", longest=LONGEST_TERM)] = ""
    zone: Annotated[
        str,
        Doc(
            "The IANA time zone in which forms have the times of the course, such as Europe/Zurich. With UTC they have "
            "them in the zone of the browser.",
            shortest=1,
            longest=64,
            label="Time zone",
        ),
    ] = "UTC"
    contact: Annotated[
        str,
        Doc(
            "Whom students ask, such as an e-mail address. They read it beside the form to hand in.",
            none="nobody is named",
            longest=200,
        ),
    ] = ""
    archived: Annotated[
        float | None,
        Doc(
            "From then on students hand in nothing, and lists leave the course out.",
            none="it is in use",
            unit=Unit.TIME,
        ),
    ] = None
    #: The fields that a policy begins with.
    default_grace: Grace = 0.0
    default_late: Late = None
    default_floor: Floor = 0.0
    default_attempts: Attempts = None
    default_counts: CountingAttempt = Counts.BEST
    created: Annotated[
        float,
        Doc(
            "When it was made; of a course from an earlier version, when its record was.",
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
    """A part of staff: the scope of their tokens says what each may do."""

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
        "An assistant sees everything of the course and grades; an instructor also sets, publishes, regrades, invites.",
        choices={"assistant": "assistant", "instructor": "instructor"},
    ),
]


class StaffSource(StrEnum):
    """The way by which somebody became staff."""

    TOKEN = "token"  # noqa: S105 - a name
    INVITATION = "invitation"
    LTI = "lti"


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Somebody of the staff of a course: who has a token of it, or comes from its LMS."""

    id: Annotated[str, Doc("The id of the token; of who comes from an LMS, the name that their submissions have.")]
    name: str
    role: RoleField
    source: Annotated[
        StaffSource,
        Doc("An administrator's token, an invitation, or the LMS, which alone decides who of it is staff."),
    ]
    since: Annotated[
        float, Doc("When the token was made; of who comes from an LMS, their latest launch.", unit=Unit.TIME)
    ]
    expires: Annotated[
        float | None, Doc("When the token expires.", none="never", unit=Unit.TIME, json="expires_at")
    ] = None


@dataclass(frozen=True, slots=True)
class NewMember:
    """Somebody who accepts an invitation."""

    name: Annotated[
        str,
        Doc(
            "Other staff see it, and the log has it beside what you do.",
            shortest=1,
            longest=LONGEST_NAME,
            label="Your name",
        ),
    ]


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link by which people become staff of a course."""

    role: RoleField = Role.ASSISTANT
    days: Annotated[int, Doc("Days until it ends.", least=1, most=MOST_DAYS)] = 7
    once: Annotated[bool, Doc("The first who accepts it uses it up.", label="For one person")] = True
    id: Annotated[str, Doc("By which it is withdrawn.")] = ""
    author: Author = ""
    created: Annotated[float, Doc("When it was made.", unit=Unit.TIME, json="created_at")] = 0.0
    accepted: Annotated[int, Doc("The number of people who have accepted it.")] = 0

    @property
    def ends(self) -> float:
        """When it ends, in seconds since 1970."""
        return self.created + 86_400 * self.days

    def holds(self, now: float) -> bool:
        """Return True if somebody may still accept it."""
        return now < self.ends and self.accepted < (1 if self.once else MOST_ACCEPTED)
