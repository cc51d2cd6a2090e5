"""The record of a verified launch: the course's platform and title, the person, the column of the gradebook."""

from dataclasses import replace

from backmark.grader.contracts.language.stored_settings import read_settings
from backmark.grader.courses.times import BadTime, read_time
from backmark.grader.lti.claims import SCORE_SCOPE, LaunchClaims
from backmark.grader.lti.identity import CourseRole, line_item_id, origin, student_name
from backmark.grader.lti.refusals import LaunchRefused, RefusalReason
from backmark.grader.model.lti import LineItem, LtiContext, LtiUser, Platform
from backmark.grader.model.people import RosterEntry
from backmark.grader.store.errors import LineItemTaken
from backmark.grader.web.lti.connections import is_allowed
from backmark.grader.web.service import service

#: The author of what a launch records, in the log of staff's acts.
AUTHOR = "LMS"
#: Origins of frames that are remembered of a course.
_MOST_FRAMES = 8


def record_course(platform: Platform, claims: LaunchClaims, course: str, part: CourseRole) -> None:
    """Record the course and the person."""
    context = claims.context
    if context is None:
        return
    roster = claims.roster.context_memberships_url
    launches = service().store.launches
    launches.record_context(
        LtiContext(
            course,
            platform.id,
            claims.deployment,
            context.id,
            title=context.title or context.label,
            roster_url=roster if is_allowed(roster) else "",
            frames=_join_frames(course, frames(platform, claims)),
            begins=_time_of(claims, "begins"),
        )
    )
    _record_person(claims, course, part)


def _record_person(claims: LaunchClaims, course: str, part: CourseRole) -> None:
    store, student = service().store, student_name(claims.sub, part)
    known, entry = store.launches.user(course, student), store.courses.roster(course).get(student)
    by_hand, teaches = _is_put_by_hand(entry), part is CourseRole.STAFF
    store.launches.record_user(
        LtiUser(
            course,
            student,
            claims.sub,
            name=claims.name,
            staff=teaches and not by_hand,
            test=part is CourseRole.TEST_STUDENT,
            instructed=teaches or (known is not None and known.instructed),
            recorded=store.time(),
        )
    )
    if teaches and entry is not None and not by_hand:
        # The LMS's roster may have called them a student: Moodle's does so of a non-editing teacher.
        store.courses.remove_student(course, student, AUTHOR)
    is_new = entry is None and (known is None or known.staff)
    is_back = entry is not None and entry.left is not None and entry.source == "lti"
    if part is CourseRole.STUDENT and (is_new or is_back):
        # Later the LMS's own roster has everybody; until then it has those who launched.
        lms_id = "" if entry is None else entry.lms_id
        store.courses.add_student(course, RosterEntry(student, claims.name, source="lti", lms_id=lms_id), AUTHOR)


def is_instructor(course: str, subject: str) -> bool:
    """Return True if a person has launched as staff of a course, and is on no roster that staff made."""
    store, student = service().store, student_name(subject)
    known = store.launches.user(course, student)
    if known is None or not known.instructed:
        return False
    return not _is_put_by_hand(store.courses.roster(course).get(student))


def _is_put_by_hand(entry: RosterEntry | None) -> bool:
    """Return True if staff put somebody on the roster, who is a student then, whatever the LMS says."""
    return entry is not None and entry.left is None and entry.source != "lti"


def record_due(claims: LaunchClaims, course: str, assignment: str) -> None:
    """Record when the LMS has the assignment due, if the course has no policy for it yet.

    Only of staff's launches: an LMS may send a student's own date, which is not the class's.
    """
    due = _time_of(claims, "due")
    if due is None or service().store.courses.policy(course, assignment) is not None:
        return
    policy = replace(service().store.course_records.settings(course).new_policy, due=due)
    service().store.courses.set_policy(course, assignment, policy, AUTHOR, only_if_none=True)


def _time_of(claims: LaunchClaims, name: str) -> float | None:
    """Return the time in a custom parameter. One that cannot be read is no reason to refuse anybody."""
    try:
        return read_time(claims.setting(name))
    except BadTime:
        return None


def frames(platform: Platform, claims: LaunchClaims) -> tuple[str, ...]:
    """Return the origins of the LMS's pages: of the page around the launch, and of the LMS itself."""
    addresses = (claims.presentation.return_url, platform.issuer, platform.login_url)
    return tuple(dict.fromkeys(known for address in addresses if (known := origin(address))))


def _join_frames(course: str, latest: tuple[str, ...]) -> tuple[str, ...]:
    """Return the latest launch's origins and earlier ones': an LMS may be reached by several names at once."""
    known = service().store.launches.context(course)
    return tuple(dict.fromkeys((*latest, *(() if known is None else known.frames))))[:_MOST_FRAMES]


def record_line_item(platform: Platform, claims: LaunchClaims, course: str, assignment: str) -> bool:
    """Record the column that gets the marks; return False if the launch names none, or we may not write to it.

    Raises LaunchRefused if the column is that of another course or assignment: a mark would go to a stranger.
    """
    url = claims.grades.lineitem or ""
    if SCORE_SCOPE not in claims.grades.scope or not is_allowed(url):
        return False
    item = LineItem(
        line_item_id(platform.id, url),
        platform.id,
        url,
        course,
        assignment,
        _maximum(course, assignment),
        title="" if claims.resource_link is None else claims.resource_link.title,
    )
    try:
        service().store.line_items.record(item)
    except LineItemTaken as taken:
        where = "another course" if taken.item.course != course else f"the assignment {_title(taken.item)}"
        says = f"This link's gradebook column already gets the marks of {where}. Delete the link and add it again."
        raise LaunchRefused(RefusalReason.LINE_ITEM, says) from None
    return True


def _title(item: LineItem) -> str:
    revision = service().store.assignments.current(item.course, item.assignment)
    return item.assignment if revision is None else revision.title


def _maximum(course: str, assignment: str) -> float:
    revision = service().store.assignments.current(course, assignment)
    return points(revision.assignment) if revision is not None else 0.0


def points(assignment: str) -> float:
    """Return the marks of an assignment, from its stored JSON."""
    return float(sum(read_settings(assignment)["rubric"].values()))
