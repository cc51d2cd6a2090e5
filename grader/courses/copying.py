"""Copies of courses: the policies of an earlier course, with its dates moved to the time of the new one."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from backmark.grader.model.course import Course
from backmark.grader.model.terms import Policy

#: The settings that belong to one course alone.
_OWN_SETTINGS = frozenset({"id", "title", "term", "archived", "created"})
_WEEK = 7


def has_rules(policy: Policy | None) -> bool:
    """Return True if a policy has more than what belongs to one course: its dates, and marks that are held back."""
    if policy is None:
        return False
    return policy != Policy(policy.opens, policy.due, policy.closes, held_back=policy.held_back)


def lacks_policy(policy: Policy | None, earlier: Policy | None) -> bool:
    """Return True if an earlier course has a policy that this one lacks. One that the LMS made has a due time only."""
    if earlier is None:
        return False
    return policy is None or (has_rules(earlier) and not has_rules(policy))


def copy_policy(earlier: Policy, present: Policy | None, days: int, zone: ZoneInfo) -> Policy:
    """Return the policy of an earlier course for a new one; nothing is held back.

    Its dates move by so many days at the same time of day, or as far as the due time did that the LMS names.
    """
    due = None if present is None else present.due
    if due is not None and earlier.due is not None:
        seconds = due - earlier.due
        opens, closes = _add(earlier.opens, seconds), _add(earlier.closes, seconds)
    else:
        opens, closes = _move(earlier.opens, days, zone), _move(earlier.closes, days, zone)
        due = due or _move(earlier.due, days, zone)
    if due is not None and closes is not None:
        closes = max(closes, due)
    return replace(earlier, opens=opens, due=due, closes=closes, held_back=False)


def copy_settings(earlier: Course, course: Course) -> Course:
    """Return a course with the settings of an earlier one, where its own were not changed."""
    usual = Course(course.id)
    copied = {
        field.name: getattr(earlier, field.name)
        for field in fields(Course)
        if field.name not in _OWN_SETTINGS and getattr(course, field.name) == getattr(usual, field.name)
    }
    return replace(course, **copied)


def count_days(earlier: float, present: float, *, whole_weeks: bool) -> int:
    """Return the days from one time to another; in whole weeks, deadlines keep their day of the week."""
    days = (present - earlier) / timedelta(days=1).total_seconds()
    return _WEEK * round(days / _WEEK) if whole_weeks else round(days)


def _move(moment: float | None, days: int, zone: ZoneInfo) -> float | None:
    if moment is None:
        return None
    # Clocks may go back in between: due at six stays due at six.
    local = datetime.fromtimestamp(moment, UTC).astimezone(zone).replace(tzinfo=None) + timedelta(days=days)
    return local.replace(tzinfo=zone).timestamp()


def _add(moment: float | None, seconds: float) -> float | None:
    return None if moment is None else moment + seconds
