"""Copies of courses: the rules of the course that one was copied from are offered to its staff, without the dates."""

from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from backmark.grader.lti.claims import LaunchClaims
from backmark.grader.lti.identity import course_name
from backmark.grader.model.lti import Platform
from backmark.grader.model.terms import Policy
from backmark.grader.web.service import service

#: Earlier courses that are looked at, the latest first.
_MOST = 10


def find_rules(platform: Platform, claims: LaunchClaims, course: str, assignment: str) -> str | None:
    """Return the latest course before this one that has rules for the assignment; None if this one has its own."""
    store = service().store
    courses = store.courses
    if _has_rules(courses.policy(course, assignment)):
        return None
    # As the standard has it: escaped, with commas between.
    contexts = [unquote(context.strip()) for context in claims.setting("history").split(",")[:_MOST]]
    earlier = (course_name(platform.id, claims.deployment, context) for context in contexts if context)
    return next((name for name in earlier if _has_rules(courses.policy(name, assignment))), None)


def copy_rules(course: str, assignment: str, earlier: str, author: str) -> None:
    """Give an assignment the rules that it had in an earlier course, but for what belongs to one course alone."""
    courses = service().store.courses
    rules, dates = courses.policy(earlier, assignment), courses.policy(course, assignment) or Policy()
    if rules is not None and not _has_rules(dates):
        copied = replace(rules, **_own_terms(dates))
        courses.set_policy(course, assignment, copied, author)


def _has_rules(policy: Policy | None) -> bool:
    """Return True if a policy has more than what belongs to one course."""
    return policy is not None and policy != Policy(**_own_terms(policy))


def _own_terms(policy: Policy) -> dict[str, Any]:
    """Return the part of a policy that belongs to one course: dates, and whether verdicts are held back."""
    return {name: getattr(policy, name) for name in ("opens", "due", "closes", "held_back")}
