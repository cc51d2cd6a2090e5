"""The description of Backmark as an LTI tool, as platforms take it: for dynamic registration, and as Canvas's JSON."""

from typing import Any

from backmark.grader.lti.claims import (
    DEEP_LINK,
    LINE_ITEM_SCOPE,
    RESOURCE_LINK,
    RESULT_SCOPE,
    ROSTER_SCOPE,
    SCORE_SCOPE,
)

TITLE = "Backmark"
DESCRIPTION = "Grades hand-written gradients: what is wrong, on which line, and the smallest case that shows it."
#: Post marks, read columns, read the marks in them, read the roster.
SCOPES = (
    SCORE_SCOPE,
    LINE_ITEM_SCOPE,
    RESULT_SCOPE,
    ROSTER_SCOPE,
)
#: Variables that the platform replaces at each launch: when the assignment is due, the courses that this one was copied
#: from, and when it begins.
VARIABLES = {
    "due": "$ResourceLink.submission.endDateTime",
    "history": "$Context.id.history",
    "begins": "$CourseSection.timeFrame.begin",
}
#: Canvas's name of the place where an assignment gets its content.
_PLACEMENT = "assignment_selection"


def for_registration(public_url: str, family: str) -> dict[str, Any]:
    """Return the body of a dynamic registration, by the standard with Canvas's additions."""
    launch = f"{public_url}/lti/launch"
    messages: list[dict[str, Any]] = [
        {"type": DEEP_LINK, "target_link_uri": launch, "label": TITLE, "placements": [_PLACEMENT]}
    ]
    if family != "canvas":
        # Canvas would offer it among the links of modules, which have no column.
        messages.insert(0, {"type": RESOURCE_LINK, "target_link_uri": launch, "label": TITLE})
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": f"{public_url}/lti/login",
        "redirect_uris": [launch],
        "client_name": TITLE,
        "jwks_uri": f"{public_url}/lti/keys",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(SCOPES),
        "https://purl.imsglobal.org/spec/lti-tool-configuration": {
            "domain": public_url.partition("://")[2].partition("/")[0],
            "description": DESCRIPTION,
            "target_link_uri": launch,
            "custom_parameters": VARIABLES,
            "claims": ["iss", "sub", "name"],
            "messages": messages,
            "https://canvas.instructure.com/lti/privacy_level": "name_only",
        },
    }


def for_canvas(public_url: str) -> dict[str, Any]:
    """Return the JSON that a Canvas administrator pastes, or names by its address, as a developer key."""
    launch = f"{public_url}/lti/launch"
    placement = {"placement": _PLACEMENT, "message_type": DEEP_LINK, "target_link_uri": launch}
    return {
        "title": TITLE,
        "description": DESCRIPTION,
        "oidc_initiation_url": f"{public_url}/lti/login",
        "target_link_uri": launch,
        "public_jwk_url": f"{public_url}/lti/keys",
        "scopes": list(SCOPES),
        "custom_fields": VARIABLES,
        "extensions": [
            {
                "platform": "canvas.instructure.com",
                "privacy_level": "name_only",
                "settings": {"placements": [placement]},
            }
        ],
    }
