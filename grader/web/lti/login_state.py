"""The state of a login: signed, it goes to the platform and comes back with the launch.

A cookie ties it to the browser. Nothing is stored for it, so that nobody can fill the store by beginning launches.
"""

import hmac
import time
from dataclasses import astuple, dataclass
from hashlib import sha256
from urllib.parse import urlencode

from flask import request
from itsdangerous import BadData
from werkzeug.wrappers import Response

from backmark.grader.lti.refusals import LaunchRefused, RefusalReason
from backmark.grader.model.lti import Platform
from backmark.grader.web.http import signing

#: Seconds from the login to the launch: the platform may ask for a password meanwhile.
SECONDS = 600
_PURPOSE = "lti-state"
#: Hexadecimal digits of a cookie's name: several launches may be under way in one browser.
_DIGITS = 16


@dataclass(frozen=True, slots=True)
class LoginState:
    """A launch that has begun."""

    platform: str
    nonce: str
    #: When it began, in seconds since 1970.
    begun: int
    #: What the platform sent to begin it, so that a new tab can begin it again.
    login_hint: str
    message_hint: str
    target: str

    def sign(self) -> str:
        """Return the state as the parameter that the platform sends back."""
        return str(signing.serializer(_PURPOSE).dumps(astuple(self)))

    def again(self, platform: Platform) -> str:
        """Return the path that begins the same launch again, in a tab of its own."""
        query = {"iss": platform.issuer, "client_id": platform.client_id, "login_hint": self.login_hint}
        optional = {"lti_message_hint": self.message_hint, "target_link_uri": self.target}
        return f"/lti/login?{urlencode(query | {name: value for name, value in optional.items() if value})}"


def read_state(signed: str) -> LoginState:
    """Return the state of a launch. Raises LaunchRefused if it is none of ours, or is too old."""
    again = "Open it again from your course."
    try:
        state = LoginState(*signing.serializer(_PURPOSE).loads(signed))
    except (BadData, TypeError):
        raise LaunchRefused(RefusalReason.STALE, f"This launch did not start on this server. {again}") from None
    if state.begun + SECONDS < time.time():
        raise LaunchRefused(RefusalReason.STALE, f"This launch started more than {SECONDS // 60} minutes ago. {again}")
    return state


def remember(answer: Response, signed: str) -> None:
    """Have the browser keep that it began this launch, also in the frame of another site."""
    name, value = _cookie(signed)
    answer.set_cookie(
        name, value, max_age=SECONDS, path="/", secure=True, httponly=True, samesite="None", partitioned=True
    )


def is_remembered(signed: str) -> bool:
    """Return True if this browser began this launch."""
    name, value = _cookie(signed)
    return hmac.compare_digest(request.cookies.get(name, "").encode(), value.encode())


def forget(answer: Response, signed: str) -> None:
    """Have the browser drop what it kept of a launch."""
    answer.delete_cookie(_cookie(signed)[0], path="/", secure=True, httponly=True, samesite="None", partitioned=True)


def _cookie(signed: str) -> tuple[str, str]:
    digest = sha256(signed.encode()).hexdigest()
    return f"__Host-backmark-lti-{digest[:_DIGITS]}", digest
