"""Copies of courses: staff take over, in one act, the assignments of the course that theirs was copied from.

The LMS names that course; what it does not name, staff choose among the courses in which they are staff.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from backmark.grader.courses.copying import copy_policy, copy_settings, count_days
from backmark.grader.courses.times import BadTime, read_time, read_zone
from backmark.grader.lti.claims import LaunchClaims
from backmark.grader.lti.identity import course_name, student_name
from backmark.grader.model.course import Course
from backmark.grader.model.lti import Platform
from backmark.grader.web.pages.lms_names import course_title
from backmark.grader.web.service import service

#: Earlier courses that are looked at, the latest first; and the most from which staff choose.
_MOST, _MOST_OFFERED = 10, 20
#: The most days by which dates may move.
MOST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class CopyOffer:
    """An offer to take over the assignments of an earlier course."""

    earlier: str
    title: str
    assignments: tuple[str, ...]
    #: Days by which dates move, unless staff say otherwise.
    days: int


def find_source(platform: Platform, claims: LaunchClaims, course: str) -> str | None:
    """Return the latest course before this one that has assignments of its own, as the LMS names them; or None."""
    # As the standard has it: escaped, with commas between.
    contexts = [unquote(context.strip()) for context in claims.setting("history").split(",")[:_MOST]]
    earlier = (course_name(platform.id, claims.deployment, context) for context in contexts if context)
    copies = service().store.course_copies
    return next((name for name in earlier if name != course and copies.list_contents(name)), None)


def find_offer(platform: Platform, claims: LaunchClaims, course: str, assignment: str) -> CopyOffer | None:
    """Return the offer of the course that this one was copied from, or None if there is nothing to take over."""
    earlier = find_source(platform, claims, course)
    return None if earlier is None else _offer(course, earlier, claims, assignment)


def find_choices(platform: Platform, claims: LaunchClaims, course: str) -> list[CopyOffer]:
    """Return the offers of other courses in which a person is staff, the latest first, to a course that is empty."""
    store = service().store
    if claims.setting("history") or store.course_copies.list_contents(course):
        return []
    records = sorted(store.course_records.list(), key=lambda record: -record.created)
    names = [record.id for record in records if record.id != course]
    taught = store.launches.courses_taught(names, platform.id, student_name(claims.sub))
    offers = (_offer(course, name, claims, "") for name in taught[:_MOST_OFFERED])
    return [offer for offer in offers if offer is not None]


def take_over(course: str, earlier: str, days: int, author: str) -> tuple[str, ...]:
    """Give a course what it lacks of an earlier one; return the ids of the assignments."""
    store = service().store
    present, before = store.course_records.settings(course), store.course_records.settings(earlier)
    copy = partial(copy_policy, days=days, zone=_zone(present, before))
    titles = store.course_records.titles([present, before])
    taken = store.course_copies.take_over(course, earlier, copy, author, titles)
    if taken:
        store.course_records.change(course, partial(copy_settings, before), author)
    return taken


def _offer(course: str, earlier: str, claims: LaunchClaims, assignment: str) -> CopyOffer | None:
    missing = service().store.course_copies.list_missing(course, earlier)
    if not missing:
        return None
    return CopyOffer(earlier, course_title(earlier), missing, _count_days(course, earlier, claims, assignment))


def _count_days(course: str, earlier: str, claims: LaunchClaims, assignment: str) -> int:
    """Return the difference of terms: by the due times of one assignment, else by the beginnings of the courses."""
    store = service().store
    policy = store.courses.policy(earlier, assignment) if assignment else None
    try:
        due = read_time(claims.setting("due"))
    except BadTime:
        due = None
    if due is not None and policy is not None and policy.due is not None:
        return _bound(count_days(policy.due, due, whole_weeks=False))
    begins = [None if known is None else known.begins for known in map(store.launches.context, (earlier, course))]
    if begins[0] is None or begins[1] is None:
        # Then by when each was opened first.
        records = map(store.course_records.settings, (earlier, course))
        begins = [record.created or None for record in records]
    if begins[0] is None or begins[1] is None:
        return 0
    return _bound(count_days(begins[0], begins[1], whole_weeks=True))


def _bound(days: int) -> int:
    return max(-MOST_DAYS, min(MOST_DAYS, days))


def _zone(*courses: Course) -> ZoneInfo:
    """Return the first zone that staff have set."""
    zones: Iterable[str] = (record.zone for record in courses if record.zone != "UTC")
    return read_zone(next(iter(zones), "UTC"))
