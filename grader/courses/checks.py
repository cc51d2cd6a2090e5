"""Checks of what staff set, across fields: each fault names the field, says what is wrong with it, and what to do."""

from collections.abc import Iterator

from backmark.grader.courses.times import BadTime, read_zone
from backmark.grader.model.course import Course
from backmark.grader.model.fields import FieldFault, faults
from backmark.grader.model.terms import Extension, Outage, Policy

_MINUTE = 60


def course_faults(course: Course) -> Iterator[FieldFault]:
    """Yield the faults of a course."""
    try:
        read_zone(course.zone)
    except BadTime as fault:
        yield FieldFault("zone", str(fault))
    yield from faults(course)


#: Why a policy that holds marks back is not removed.
HELD_BACK = "This policy holds back verdicts and marks: publish them first, then remove the policy."


def policy_faults(policy: Policy) -> Iterator[FieldFault]:
    """Yield the faults of a policy."""
    yield from _order(policy.opens, "opens", policy.due, "due")
    yield from _order(policy.opens, "opens", policy.closes, "closes")
    yield from _close(policy.due, policy.closes)
    yield from faults(policy)


def extension_faults(extension: Extension, policy: Policy) -> Iterator[FieldFault]:
    """Yield the faults of an extension, beside the policy that it changes."""
    if extension.due is None and extension.closes is None and extension.attempts is None:
        yield FieldFault("due", "The extension changes nothing; set due, closes or attempts.")
    yield from _order(policy.opens, "opens", extension.due, "due")
    due = policy.due if extension.due is None else extension.due
    yield from _close(due, extension.closes)
    yield from _order(policy.opens, "opens", extension.closes, "closes")
    yield from faults(extension)


def outage_faults(outage: Outage) -> Iterator[FieldFault]:
    """Yield the faults of an outage."""
    yield from _order(outage.start, "start", outage.end, "end")
    yield from faults(outage)


def _order(earlier: float | None, first: str, later: float | None, second: str) -> Iterator[FieldFault]:
    if earlier is not None and later is not None and later <= earlier:
        yield FieldFault(second, f"{second} must be later than {first}.")


def _close(due: float | None, closes: float | None) -> Iterator[FieldFault]:
    """Yield a fault of a close before the due, by the minutes that pages show: 23:59 is no earlier than 23:59:59."""
    if due is not None and closes is not None and closes // _MINUTE < due // _MINUTE:
        yield FieldFault("closes", "The assignment would close before it is due; set closes to the due time or later.")
