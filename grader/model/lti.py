"""The nouns of LTI 1.3: who a launch comes from, and where its marks go. Times are seconds since 1970."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Platform:
    """A registration of Backmark in an LMS: an issuer and the client id that it gave us."""

    #: A hash over issuer and client id.
    id: str
    issuer: str
    client_id: str
    #: The platform's three addresses: for sign-in, for access tokens, and of its public keys.
    login_url: str
    token_url: str
    keys_url: str
    #: The audience of a token request where it is not `token_url`.
    audience: str = ""
    #: For people, and `canvas`, `moodle` or empty.
    name: str = ""
    family: str = ""
    registered: float = 0.0
    #: Deployments from which launches are refused.
    disabled: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class LtiContext:
    """A course of a platform; ours is named by a hash over platform, deployment and context."""

    course: str
    platform: str
    #: The deployment from which it was opened.
    deployment: str
    context: str
    title: str = ""
    #: The address of its roster; empty: the platform offers none.
    roster_url: str = ""
    #: The origins of the pages that may show ours in a frame, the latest launch's first.
    frames: tuple[str, ...] = ()
    #: When the course begins, if the platform says so.
    begins: float | None = None


@dataclass(frozen=True, slots=True)
class LineItem:
    """A column of the gradebook, which gets the marks of an assignment."""

    #: A hash over platform and address.
    id: str
    platform: str
    url: str
    course: str
    assignment: str
    #: Points of the column.
    maximum: float
    #: The title of its link, for people.
    title: str = ""
    #: When the platform said that it has no such column any more; None: it has.
    gone: float | None = None


@dataclass(frozen=True, slots=True)
class LtiUser:
    """A person of a platform in a course: a student by the name that submissions have, or staff."""

    course: str
    #: The name of the student in submissions.
    student: str
    #: The subject by which the platform knows the person.
    subject: str
    name: str = ""
    staff: bool = False
    #: True for a preview of staff's, such as Canvas's Test Student: it counts nowhere.
    test: bool = False
    #: True once the person has launched as staff: no roster makes a student of them, and a launch as one is a preview.
    instructed: bool = False
    #: When a launch or a roster last had the person.
    recorded: float = 0.0


@dataclass(frozen=True, slots=True)
class Deployment:
    """A place of a platform in which Backmark was set up: the whole of it, or one course."""

    id: str
    first_seen: float
    disabled: bool = False
