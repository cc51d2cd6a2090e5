"""The pages by which an LMS gets to know Backmark: dynamic registration, our public keys, and Canvas's JSON."""

from dataclasses import replace

from flask import Response, jsonify, request

from backmark.grader.lti.refusals import LaunchRefused, RefusalReason
from backmark.grader.lti.registration import register
from backmark.grader.lti.tool_description import for_canvas
from backmark.grader.lti.tool_keys import ToolKeys
from backmark.grader.model.lti import Platform
from backmark.grader.web.http.framing import allow_any_frame
from backmark.grader.web.lti.blueprint import own_address, pages
from backmark.grader.web.lti.connections import is_allowed, new_session
from backmark.grader.web.pages.layout import page
from backmark.grader.web.service import service

#: Seconds for which others keep our public keys: a new one is published a day before it signs.
_KEPT = 3600
_MOST_TOKEN = 8192


@pages.get("/lti/register/<invitation>")
def register_platform(invitation: str) -> Response:
    """Register the LMS whose administrator opened this. An invitation is for one LMS, and for a few failures."""
    address, token = request.args.get("openid_configuration", ""), request.args.get("registration_token", "")
    public_url, store = own_address(""), service().store
    if not address or len(token) > _MOST_TOKEN or not token.isascii() or (token and not token.isprintable()):
        says = "This address is for an LMS. Paste it where the LMS registers tools; in a browser it shows nothing."
        raise LaunchRefused(RefusalReason.INCOMPLETE, says)
    used = store.platforms.use_invitation(invitation)
    if used is None:
        says = "This invitation was used before, or has expired. `backmark service lti invite` makes another."
        raise LaunchRefused(RefusalReason.INVITATION, says)
    try:
        platform = _register(address, token, public_url)
    except LaunchRefused as error:
        if store.platforms.give_back(used):
            says = f"{error} The invitation is still valid: try again."
        else:
            says = f"{error} The invitation is used up; `backmark service lti invite` makes another."
        raise LaunchRefused(error.reason, says) from error
    allow_any_frame()
    return page("lti/registered.html", platform=platform, bare=True)


def _register(address: str, token: str, public_url: str) -> Platform:
    """Introduce the two servers to each other, and store the platform. Raises LaunchRefused."""
    store = service().store
    platform = register(new_session(), address, token, public_url, is_allowed=is_allowed)
    if not store.platforms.add(replace(platform, registered=store.time())):
        says = f"{platform.issuer} has registered Backmark with the client id {platform.client_id} before."
        raise LaunchRefused(RefusalReason.REGISTRATION, f"{says} Nothing was changed.")
    return platform


@pages.get("/lti/keys")
def show_keys() -> Response:
    """Publish our public keys (JWKS)."""
    return _json(ToolKeys(service().store, service().settings).public_set())


@pages.get("/lti/config.json")
def show_configuration() -> Response:
    """Publish the JSON that a Canvas administrator pastes."""
    return _json(for_canvas(own_address("")))


def _json(content: dict[str, object]) -> Response:
    answer = jsonify(content)
    answer.headers["Cache-Control"] = f"public, max-age={_KEPT}"
    return answer
