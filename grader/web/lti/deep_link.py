"""Deep linking: staff choose an assignment in the LMS, which gets a link and a column of the gradebook for it."""

import time
from typing import Any

from flask import request
from itsdangerous import BadData
from pylti1p3.deep_link import DeepLink
from pylti1p3.deep_link_resource import DeepLinkResource
from pylti1p3.lineitem import LineItem as LineItemClaim
from werkzeug.wrappers import Response

from backmark.grader.lti.claims import LaunchClaims
from backmark.grader.lti.identity import CourseRole, origin
from backmark.grader.lti.refusals import LaunchRefused, RefusalReason
from backmark.grader.lti.tool_description import VARIABLES
from backmark.grader.lti.tool_keys import ToolKeys
from backmark.grader.model.lti import Platform
from backmark.grader.model.publications import RevisionRecord
from backmark.grader.web.http import signing
from backmark.grader.web.http.framing import allow_any_frame, set_frames
from backmark.grader.web.lti.blueprint import own_address, pages
from backmark.grader.web.lti.recording import frames, points
from backmark.grader.web.pages.layout import page
from backmark.grader.web.service import service
from backmark.grader.web.usecases.assignments import find_assignments

_PURPOSE = "lti-deep-link"
#: Seconds to choose.
_SECONDS = 3600
_DATA = "https://purl.imsglobal.org/spec/lti-dl/claim/data"


def offer(platform: Platform, claims: LaunchClaims, course: str, part: CourseRole) -> Response:
    """Show the assignments to choose from."""
    if part is not CourseRole.STAFF:
        raise LaunchRefused(
            RefusalReason.NOT_STAFF, "Only an instructor or a teaching assistant may choose what a link opens."
        )
    wanted = claims.deep_link
    back = None if wanted is None else origin(wanted.deep_link_return_url)
    if wanted is None or back is None or "ltiResourceLink" not in wanted.accept_types:
        says = "The LMS asks for content that Backmark does not have. Backmark offers links to assignments only."
        raise LaunchRefused(RefusalReason.UNSUPPORTED, says)
    shown, _ = find_assignments(course)
    until = int(time.time()) + _SECONDS
    # The choice is made with what is signed here, not with what a browser remembers.
    request_fields = [platform.id, claims.deployment, course, wanted.deep_link_return_url, wanted.data, until]
    set_frames(frames(platform, claims))
    return page(
        "lti/choose.html",
        request_token=str(signing.serializer(_PURPOSE).dumps(request_fields)),
        choices=[(revision, points(revision.assignment)) for revision in shown],
        course_title=claims.context.title if claims.context is not None else course,
        bare=True,
    )


@pages.post("/lti/deep-link")
def choose() -> Response:
    """Send the choice to the LMS, signed, by the browser."""
    platform_id, deployment, course, return_url, data, until = _read(request.form.get("request", ""))
    store = service().store
    platform = store.platforms.get(platform_id)
    revision = store.assignments.current(course, request.form.get("assignment", ""))
    if platform is None or revision is None or until < time.time():
        says = "This choice has expired, or the assignment no longer exists. Start again in your course."
        raise LaunchRefused(RefusalReason.STALE, says)
    registration = ToolKeys(store, service().settings).registration(platform)
    link = DeepLink(registration, deployment, {"deep_link_return_url": return_url})
    message = link.get_message_jwt([_resource(revision)])
    if data is None:
        del message[_DATA]
    else:
        message[_DATA] = data
    allow_any_frame()
    return page(
        "lti/send.html",
        posts_to=str(origin(return_url)),
        address=return_url,
        message=link.encode_jwt(message),  # type: ignore[no-untyped-call] # the library's
        title=revision.title,
        bare=True,
    )


def _resource(revision: RevisionRecord) -> DeepLinkResource:
    column = LineItemClaim()
    column.set_label(revision.title).set_score_maximum(points(revision.assignment))
    column.set_resource_id(revision.assignment_id)
    link = DeepLinkResource().set_title(revision.title).set_url(own_address("/lti/launch")).set_lineitem(column)
    return link.set_custom_params({"assignment": revision.assignment_id, **VARIABLES})


def _read(token: str) -> list[Any]:
    try:
        fields: list[Any] = signing.serializer(_PURPOSE).loads(token)
    except BadData:
        raise LaunchRefused(
            RefusalReason.STALE, "This choice did not start on this server. Start again in your course."
        ) from None
    return fields
