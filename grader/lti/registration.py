"""Dynamic registration: an LMS's administrator opens our address there, and the two servers introduce themselves."""

from collections.abc import Callable
from typing import Annotated, Any

import requests
from pydantic import Field, ValidationError

from backmark.grader.lti.claims import PlatformModel, name_place
from backmark.grader.lti.identity import platform_id
from backmark.grader.lti.refusals import LaunchRefused, RefusalReason
from backmark.grader.lti.tool_description import for_registration
from backmark.grader.model.lti import Platform

#: Families whose rules we know, by a part of the code that the platform calls itself by.
_FAMILIES = ("canvas", "moodle")

_Text = Annotated[str, Field(min_length=1, max_length=2000)]


#: Visible ASCII: whoever runs this server reads it in a terminal.
_Name = Annotated[str, Field(max_length=2000, pattern=r"^[!-~]+$")]


class _Family(PlatformModel):
    product_family_code: Annotated[str, Field(max_length=100)] = ""

    @property
    def name(self) -> str:
        """The family whose rules we know, or empty."""
        return next((family for family in _FAMILIES if family in self.product_family_code.lower()), "")


class _Configuration(PlatformModel):
    """The platform, as it describes itself."""

    issuer: _Name
    authorization_endpoint: _Text
    token_endpoint: _Text
    jwks_uri: _Text
    registration_endpoint: _Text
    authorization_server: Annotated[str, Field(max_length=2000)] = ""
    family: _Family = Field(default=_Family(), alias="https://purl.imsglobal.org/spec/lti-platform-configuration")


class _Registered(PlatformModel):
    """The platform's answer."""

    client_id: Annotated[_Name, Field(max_length=255)]


def register(
    session: requests.Session, address: str, token: str, public_url: str, *, is_allowed: Callable[[str], bool]
) -> Platform:
    """Register with the platform whose configuration is at `address`, and return it. Raises LaunchRefused.

    The platform may describe itself as it likes: it stands beside others, never in place of one, since its id is made
    of issuer and client id, and its courses of that id.
    """
    read = _read(session, "GET", address, None, "")
    try:
        configuration = _Configuration.model_validate(read)
    except ValidationError as error:
        raise _refusal("its configuration is incomplete at", error) from None
    for url in (configuration.authorization_endpoint, configuration.token_endpoint, configuration.jwks_uri):
        if not is_allowed(url):
            says = f"it names the address {url[:200]}, to which this server may not connect"
            raise LaunchRefused(RefusalReason.REGISTRATION, f"The LMS cannot be registered: {says}.")
    body = for_registration(public_url, configuration.family.name)
    answer = _read(session, "POST", configuration.registration_endpoint, body, token)
    try:
        client_id = _Registered.model_validate(answer).client_id
    except ValidationError as error:
        raise _refusal("its answer to the registration is incomplete at", error) from None
    return to_platform(configuration, client_id)


def to_platform(configuration: _Configuration, client_id: str) -> Platform:
    """Return the platform of a configuration, under the client id that it gave us."""
    return Platform(
        platform_id(configuration.issuer, client_id),
        configuration.issuer,
        client_id,
        login_url=configuration.authorization_endpoint,
        token_url=configuration.token_endpoint,
        keys_url=configuration.jwks_uri,
        audience=configuration.authorization_server,
        name=configuration.issuer,
        family=configuration.family.name,
    )


def _read(session: requests.Session, method: str, url: str, body: dict[str, Any] | None, token: str) -> object:
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    try:
        answer = session.request(method, url, json=body, headers=headers)
        answer.raise_for_status()
        content: object = answer.json()
    # Brackets within brackets, without end, are no value to Python.
    except (requests.RequestException, RecursionError) as error:
        says = f"The LMS cannot be registered: {method} {url[:200]} failed ({str(error)[:300]})."
        raise LaunchRefused(RefusalReason.REGISTRATION, says) from error
    return content


def _refusal(says: str, error: ValidationError) -> LaunchRefused:
    return LaunchRefused(RefusalReason.REGISTRATION, f"The LMS cannot be registered: {says} {name_place(error)}.")
