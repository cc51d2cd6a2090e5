"""The claims of a launch: what the platform's signed message says, read into one typed record."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from backmark.grader.lti.refusals import LaunchRefused, RefusalReason

_LTI = "https://purl.imsglobal.org/spec/lti/claim/"
#: The claims that are not named like our fields.
_CLAIMS = {
    "message_type": f"{_LTI}message_type",
    "version": f"{_LTI}version",
    "deployment": f"{_LTI}deployment_id",
    "target": f"{_LTI}target_link_uri",
    "roles": f"{_LTI}roles",
    "context": f"{_LTI}context",
    "resource_link": f"{_LTI}resource_link",
    "custom": f"{_LTI}custom",
    "presentation": f"{_LTI}launch_presentation",
    "grades": "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint",
    "roster": "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice",
    "deep_link": "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings",
}

RESOURCE_LINK, DEEP_LINK = "LtiResourceLinkRequest", "LtiDeepLinkingRequest"
VERSION = "1.3.0"
SCORE_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
LINE_ITEM_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
RESULT_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
ROSTER_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"

_Id = Annotated[str, Field(min_length=1, max_length=255)]
_Address = Annotated[str, Field(max_length=2000)]
#: Roles and types of messages are identifiers of the standard.
_Term = Annotated[str, Field(max_length=500, pattern=r"^[ -~]*$")]


def clean_line(given: object) -> str:
    """Return text for people on one line: no claim of it is a reason to refuse."""
    words = given.split() if isinstance(given, str) else ()
    return "".join(letter for letter in " ".join(words) if letter.isprintable())[:200]


def _texts(given: object) -> object:
    """Return the members that are lines of text: platforms send numbers and null in `custom`, too."""
    pairs = given.items() if isinstance(given, Mapping) else ()
    return {name: value[:2000] for name, value in pairs if _is_line(name) and _is_line(value)}


def _is_line(given: object) -> bool:
    # Half a surrogate pair is no line either: it cannot be sent on.
    return isinstance(given, str) and given.isprintable()


_People = Annotated[str, BeforeValidator(clean_line)]


class PlatformModel(BaseModel):
    """JSON of a platform: types are as they should be, members that we do not read are passed over, null is absence."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        return {name: value for name, value in given.items() if value is not None}


class ContextClaim(PlatformModel):
    """The course."""

    id: _Id
    title: _People = ""
    label: _People = ""


class ResourceLinkClaim(PlatformModel):
    """The link in the course that was opened."""

    id: _Id
    title: _People = ""


class GradesClaim(PlatformModel):
    """The services of the gradebook (AGS)."""

    scope: tuple[str, ...] = Field(default=(), strict=False)
    lineitem: _Address | None = None


class RosterClaim(PlatformModel):
    """The service of names and roles (NRPS)."""

    context_memberships_url: _Address = ""


class PresentationClaim(PlatformModel):
    """The page around ours."""

    return_url: _Address = ""


class DeepLinkSettings(PlatformModel):
    """The platform's request to choose content."""

    deep_link_return_url: _Address
    accept_types: tuple[str, ...] = Field(strict=False)
    #: The platform's own, which it wants back as it is.
    data: Any = None


class LaunchClaims(PlatformModel):
    """The claims that Backmark reads."""

    model_config = ConfigDict(alias_generator=lambda name: _CLAIMS.get(name, name))

    sub: _Id
    name: _People = ""
    message_type: _Term
    version: str
    #: ASCII by the standard: whoever runs this server reads it in a terminal.
    deployment: Annotated[_Id, Field(pattern=r"^[ -~]+$")]
    target: _Address = ""
    roles: tuple[_Term, ...] = Field(strict=False, max_length=200)
    context: ContextClaim | None = None
    resource_link: ResourceLinkClaim | None = None
    custom: Annotated[dict[str, str], BeforeValidator(_texts)] = {}
    presentation: PresentationClaim = PresentationClaim()
    grades: GradesClaim = GradesClaim()
    roster: RosterClaim = RosterClaim()
    deep_link: DeepLinkSettings | None = None

    def setting(self, name: str) -> str:
        """Return a custom parameter; empty where it is missing, or a variable that the platform does not know."""
        value = self.custom.get(name, "").strip()
        return "" if value.startswith("$") else value


def name_place(error: ValidationError) -> str:
    """Return the first member that is wrong, by its path; a claim is called by the end of its name."""
    return " / ".join(str(part).rpartition("/")[2] for part in error.errors()[0]["loc"])


def read_claims(raw: Mapping[str, Any]) -> LaunchClaims:
    """Return verified claims as a record. Raises LaunchRefused if one is missing or of another type."""
    if not raw.get("sub"):
        says = "Your course's LMS does not say who you are, so nothing can be handed in. Sign in there first."
        raise LaunchRefused(RefusalReason.ANONYMOUS, says)
    try:
        claims = LaunchClaims.model_validate(raw)
    except ValidationError as error:
        says = f"The LMS's message is incomplete or malformed at {name_place(error)}."
        raise LaunchRefused(RefusalReason.MALFORMED, says) from None
    if claims.version != VERSION:
        raise LaunchRefused(RefusalReason.MALFORMED, f"The LMS's message is not of LTI version {VERSION}.")
    return claims
