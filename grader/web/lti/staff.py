"""Staff from an LMS: they come in by a one-time code, in a tab of their own, where cookies are kept."""

import json
import re
from dataclasses import asdict, dataclass

from flask import redirect, request
from werkzeug.wrappers import Response

from backmark.grader.lti.claims import LaunchClaims
from backmark.grader.lti.refusals import LaunchRefused, RefusalReason
from backmark.grader.model.lti import Platform
from backmark.grader.model.tokens import TokenRecord
from backmark.grader.web.lti import course_copies
from backmark.grader.web.lti.blueprint import pages
from backmark.grader.web.lti.recording import AUTHOR
from backmark.grader.web.pages.cookies import STAY
from backmark.grader.web.pages.layout import page
from backmark.grader.web.pages.lms_frames import allow_frames
from backmark.grader.web.pages.visitor import enter
from backmark.grader.web.service import service

#: Seconds for which a code holds.
_CODE_SECONDS = 300
#: Seconds that a token must still hold to be given to the same person again, so that there are few.
_ENOUGH = 3600


@dataclass(frozen=True, slots=True)
class _Entrance:
    """The page that a code opens, the token that it signs in with, and the courses whose assignments it may copy."""

    token: str
    path: str
    course: str
    assignment: str = ""
    earlier: tuple[str, ...] = ()


def welcome(platform: Platform, claims: LaunchClaims, course: str, assignment: str | None, *, graded: bool) -> Response:
    """Lead staff to their pages: at once in a tab of their own, by a button in a frame."""
    token, wanted = _token(platform, claims, course), claims.setting("assignment")
    path = f"/courses/{course}" if assignment is None else f"/courses/{course}/assignments/{assignment}"
    offer = course_copies.find_offer(platform, claims, course, wanted)
    is_tab = request.headers.get("Sec-Fetch-Dest") == "document"
    if is_tab and assignment is not None and graded and offer is None:
        enter(token)
        return redirect(path, 303)
    choices = [] if offer is not None else course_copies.find_choices(platform, claims, course)
    offers = choices if offer is None else [offer]
    entrance = _Entrance(token.id, path, course, wanted, tuple(each.earlier for each in offers))
    revision = None if assignment is None else service().store.assignments.current(course, assignment)
    allow_frames(course)
    return page(
        "lti/staff.html",
        code=service().store.launches.make_code(json.dumps(asdict(entrance)), _CODE_SECONDS),
        offer=offer,
        choices=choices,
        most_days=course_copies.MOST_DAYS,
        course_title=claims.context.title if claims.context is not None else course,
        wanted=wanted[:128],
        title=None if revision is None else revision.title,
        graded=graded,
        bare=True,
    )


@pages.post("/lti/staff")
def come_in() -> Response:
    """Sign staff in, once for each code."""
    # Else another site could sign a visitor in under a name that is not theirs.
    own = request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
    content = service().store.launches.use_code(request.form.get("code", "")) if own else None
    entrance = None if content is None else _Entrance(**json.loads(content))
    token = None if entrance is None else service().store.tokens.valid(entrance.token)
    if entrance is None or token is None:
        says = "This button was already used, or is older than five minutes. Open Backmark again from your course."
        raise LaunchRefused(RefusalReason.CODE, says)
    path = entrance.path
    earlier = request.form.get("earlier", "")
    if earlier and earlier in entrance.earlier:
        course_copies.take_over(entrance.course, earlier, _read_days(), token.name)
        if service().store.assignments.current(entrance.course, entrance.assignment) is None:
            path = f"/courses/{entrance.course}"
    enter(token)
    return redirect(path, 303)


def _read_days() -> int:
    """Return the days by which dates move. Raises LaunchRefused."""
    written = request.form.get("days", "").strip()
    if not re.fullmatch(r"-?[0-9]{1,4}", written) or abs(int(written)) > course_copies.MOST_DAYS:
        says = (
            f"The dates must move by a whole number of days, at most {course_copies.MOST_DAYS}; nothing was taken over."
            " Open Backmark again from your course."
        )
        raise LaunchRefused(RefusalReason.MALFORMED, says)
    return int(written)


def end_sign_in(claims: LaunchClaims, course: str) -> None:
    """End the sign-in of a person who was staff of the course, and is no longer."""
    store = service().store
    known = store.launches.staff_token(course, claims.sub)
    if known is not None:
        store.tokens.revoke(known, AUTHOR)


def _token(platform: Platform, claims: LaunchClaims, course: str) -> TokenRecord:
    """Return the token under which this person acts: the audit log has its name, and it can be revoked."""
    store = service().store
    known = store.launches.staff_token(course, claims.sub)
    token = None if known is None else store.tokens.valid(known)
    if token is not None and (token.expires or 0.0) - store.time() > _ENOUGH:
        return token
    if token is not None:
        # Only one is known for a person, so that a sign-in can be ended.
        store.tokens.revoke(token.id, AUTHOR)
    name = claims.name.strip() or f"person {claims.sub}"
    expires = store.time() + STAY.total_seconds()
    token = store.tokens.create_for_launch(name, course, expires, platform=platform.id, deployment=claims.deployment)
    store.launches.keep_staff_token(course, claims.sub, token.id, int(STAY.total_seconds()))
    return token
