"""The beginning of a launch: the LMS sends the browser here, and it is sent back there to be signed in."""

import secrets
import time
from urllib.parse import urlencode

from flask import redirect, request
from werkzeug.wrappers import Response

from backmark.grader.lti.identity import platform_id
from backmark.grader.lti.refusals import LaunchRefused, RefusalReason
from backmark.grader.model.lti import Platform
from backmark.grader.web.lti.blueprint import own_address, pages
from backmark.grader.web.lti.login_state import LoginState, remember
from backmark.grader.web.service import service

#: The most characters of a hint, which goes through addresses twice.
_MOST_HINT = 3000


@pages.route("/lti/login", methods=["GET", "POST"])
def begin() -> Response:
    """Send the browser to the platform, which signs it in and posts the launch."""
    given = request.values
    platform = _platform(given.get("iss", ""), given.get("client_id", ""))
    hint, message_hint = given.get("login_hint", ""), given.get("lti_message_hint", "")
    if not hint or max(len(hint), len(message_hint)) > _MOST_HINT:
        says = f"The LMS started a launch without login_hint, or with a hint of more than {_MOST_HINT} characters."
        raise LaunchRefused(RefusalReason.INCOMPLETE, says)
    target = given.get("target_link_uri", "")[:2000]
    state = LoginState(platform.id, secrets.token_urlsafe(24), int(time.time()), hint, message_hint, target)
    signed = state.sign()
    query = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": own_address("/lti/launch"),
        "state": signed,
        "nonce": state.nonce,
        "login_hint": hint,
    }
    if message_hint:
        query["lti_message_hint"] = message_hint
    joint = "&" if "?" in platform.login_url else "?"
    answer = redirect(f"{platform.login_url}{joint}{urlencode(query)}", 302)
    answer.headers["Cache-Control"] = "no-store"
    remember(answer, signed)
    return answer


def _platform(issuer: str, client_id: str) -> Platform:
    """Return the platform that begins a launch; without a client id the issuer's only one."""
    store = service().store.platforms
    if client_id:
        platform = store.get(platform_id(issuer, client_id))
    else:
        same = [platform for platform in store.all() if platform.issuer == issuer]
        platform = same[0] if len(same) == 1 else None
    if platform is None:
        name = f"{issuer[:200]} (client id {client_id[:100]})" if client_id else issuer[:200]
        says = (
            f"The LMS {name or 'without a name'} is not registered in Backmark. The operator of this server can "
            "register it."
        )
        raise LaunchRefused(RefusalReason.UNKNOWN_PLATFORM, says)
    return platform
