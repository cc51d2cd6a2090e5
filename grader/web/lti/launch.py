"""The launch: a signed message of the LMS, posted by the browser. Verified, it leads a student to a personal link."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import redirect, request
from werkzeug.wrappers import Response

from backmark.grader.lti.claims import DEEP_LINK, RESOURCE_LINK, LaunchClaims, read_claims
from backmark.grader.lti.identity import CourseRole, course_name, part_of, student_name
from backmark.grader.lti.refusals import LaunchRefused, RefusalReason
from backmark.grader.lti.verification import PlatformKeys, verify
from backmark.grader.model.lti import Platform
from backmark.grader.web import links
from backmark.grader.web.http import framing
from backmark.grader.web.lti import course_copies, deep_link, recording, staff
from backmark.grader.web.lti.blueprint import pages
from backmark.grader.web.lti.connections import new_session
from backmark.grader.web.lti.login_state import LoginState, forget, is_remembered, read_state
from backmark.grader.web.pages.layout import page
from backmark.grader.web.service import service

#: The time for which the link that a launch ends at holds.
_LINK_LIFETIME = timedelta(hours=12)
#: Seconds for which a used launch is remembered: longer than a state holds, whatever the clocks.
_USED = 3600
_SUBMISSION = re.compile(r"[A-Za-z0-9_-]{1,64}")


@pages.get("/lti/launch")
def explain() -> Response:
    """Explain to a person who opens this address that it is for the LMS."""
    raise LaunchRefused(RefusalReason.INCOMPLETE, "This address is for the LMS. Open the assignment from your course.")


@pages.post("/lti/launch")
def launch() -> Response:
    """Verify the message, record what it says of the course, and go on to what was opened."""
    if "error" in request.form:
        # As OpenID Connect has it: nobody is signed in there, or may not open this.
        says = (
            f"The LMS refused to open the assignment ({request.form['error'][:100]}). Sign in there, and open it again."
        )
        raise LaunchRefused(RefusalReason.INCOMPLETE, says)
    signed = request.form.get("state", "")
    state = read_state(signed)
    platform = service().store.platforms.get(state.platform)
    if platform is None:
        raise LaunchRefused(
            RefusalReason.UNKNOWN_PLATFORM, "The LMS that started this launch is no longer registered in Backmark."
        )
    if not is_remembered(signed):
        return _offer_tab(state, platform)
    answer = _open(platform, _verify_once(platform, state))
    forget(answer, signed)
    return answer


def _verify_once(platform: Platform, state: LoginState) -> LaunchClaims:
    """Return the claims of the message, once."""
    store = service().store
    keys = PlatformKeys(store.platforms, new_session())
    claims = read_claims(verify(request.form.get("id_token", ""), platform, state.nonce, keys))
    if not store.launches.use_once(f"{platform.id} {state.nonce}", _USED):
        raise LaunchRefused(
            RefusalReason.USED, "This launch was used before. Open the assignment again from your course."
        )
    if claims.deployment in platform.disabled:
        says = "Backmark is switched off for this part of your LMS. The operator of this server can switch it on."
        raise LaunchRefused(RefusalReason.DISABLED, says)
    store.platforms.note_deployment(platform.id, claims.deployment, store.time())
    return claims


def _open(platform: Platform, claims: LaunchClaims) -> Response:
    course, part = _admit(platform, claims)
    if claims.message_type == DEEP_LINK:
        return deep_link.offer(platform, claims, course, part)
    if claims.message_type != RESOURCE_LINK or claims.resource_link is None:
        says = f"Backmark cannot answer a message of the type {claims.message_type[:60]}."
        raise LaunchRefused(RefusalReason.UNSUPPORTED, says)
    recording.record_course(platform, claims, course, part)
    if submission := _submission(claims):
        return _review(submission, course, claims, part)
    assignment = _assignment(claims, course)
    graded = assignment is not None and recording.record_line_item(platform, claims, course, assignment)
    if part is CourseRole.STAFF:
        if assignment is not None:
            recording.record_due(claims, course, assignment)
        return staff.welcome(platform, claims, course, assignment, graded=graded)
    if assignment is None:
        raise LaunchRefused(RefusalReason.NO_ASSIGNMENT, _explain_missing(platform, claims, course))
    return redirect(links.hand_in(course, assignment, student_name(claims.sub, part), lifetime=_LINK_LIFETIME), 303)


def _admit(platform: Platform, claims: LaunchClaims) -> tuple[str, CourseRole]:
    """Return our course, and the person's part in it, if there is one."""
    part = part_of(claims.roles, assisting_learners=service().settings.lti_assisting_learners)
    if claims.context is None:
        raise LaunchRefused(RefusalReason.MALFORMED, "The LMS does not say from which course you opened this.")
    course = course_name(platform.id, claims.deployment, claims.context.id)
    if part is CourseRole.STUDENT and recording.is_instructor(course, claims.sub):
        # As by Moodle's "Switch role to Student".
        part = CourseRole.TEST_STUDENT
    if part is not CourseRole.STAFF:
        staff.end_sign_in(claims, course)
    if part is CourseRole.OBSERVER:
        says = "You are an observer of this course. Only its students can hand in, and only its staff can grade."
        raise LaunchRefused(RefusalReason.OBSERVER, says)
    if part is CourseRole.OUTSIDER:
        says = "You are neither a student, nor an instructor or teaching assistant of this course."
        raise LaunchRefused(RefusalReason.OUTSIDER, says)
    return course, part


def _assignment(claims: LaunchClaims, course: str) -> str | None:
    """Return the assignment of the link, if the course has it."""
    name = claims.setting("assignment")
    return None if service().store.assignments.current(course, name) is None else name


def _explain_missing(platform: Platform, claims: LaunchClaims, course: str) -> str:
    """Return what a student reads whose link leads to no assignment."""
    name, earlier = claims.setting("assignment"), course_copies.find_source(platform, claims, course)
    if earlier is not None and service().store.assignments.current(earlier, name) is not None:
        return (
            "Your course is a copy of another one, and its staff have not taken over this assignment yet. Tell them to"
            " open this link and to take over the assignments."
        )
    return "This link names no assignment yet. Tell the staff of your course."


def _submission(claims: LaunchClaims) -> str | None:
    """Return the submission that the link names: the gradebook opens the one that was sent with its score."""
    try:
        parts = urlsplit(claims.target)
    except ValueError:
        return None
    names: list[Any] = parse_qs(parts.query).get("submission", []) if parts.path.endswith("/lti/launch") else []
    return names[0] if names and _SUBMISSION.fullmatch(names[0]) else None


def _review(submission: str, course: str, claims: LaunchClaims, part: CourseRole) -> Response:
    """Go on to a verdict of this course, for its staff and for whose it is."""
    record = service().store.submissions.get(submission)
    own = part is not CourseRole.STAFF and record is not None and record.student == student_name(claims.sub, part)
    if record is None or record.course != course or not (part is CourseRole.STAFF or own):
        raise LaunchRefused(RefusalReason.OTHER_COURSE, "This submission is not in this course, or was deleted.")
    return redirect(str(links.verdict(record)), 303)


def _offer_tab(state: LoginState, platform: Platform) -> Response:
    """Offer a new tab to a browser that keeps no cookie in a frame of another site."""
    if not framing.is_framed() and request.headers.get("Sec-Fetch-Dest"):
        says = (
            "Your browser kept no cookie of this server, or the launch started elsewhere. Allow cookies and try again."
        )
        raise LaunchRefused(RefusalReason.STALE, says)
    framing.allow_any_frame()
    return page("lti/new_tab.html", address=state.again(platform), bare=True)
