"""Checks of what staff set: each fault names the field, says what is wrong with it, and what to do."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from backmark.grader.model.courses import Extension, Outage, Override, Policy

#: Seconds of grace: more is another due.
MOST_GRACE = 7 * 86_400
MOST_ATTEMPTS = 10_000
_MINUTE = 60
#: Characters of a reason.
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class RuleFault:
    """A field with a value that cannot be used."""

    field: str
    says: str


def policy_faults(policy: Policy) -> Iterator[RuleFault]:
    """Yield the faults of a policy."""
    yield from _order(policy.opens, "opens", policy.due, "due")
    yield from _order(policy.opens, "opens", policy.closes, "closes")
    yield from _close(policy.due, policy.closes)
    yield from _between("grace", policy.grace, 0, MOST_GRACE, "seconds")
    if policy.late is not None:
        yield from _between("late", policy.late, 0, 100, "per cent")
    yield from _between("floor", policy.floor, 0, 100, "per cent")
    yield from _attempts(policy.attempts)


def extension_faults(extension: Extension, policy: Policy) -> Iterator[RuleFault]:
    """Yield the faults of an extension, beside the policy that it changes."""
    if extension.due is None and extension.closes is None and extension.attempts is None:
        yield RuleFault("due", "The extension changes nothing; set due, closes or attempts.")
    yield from _order(policy.opens, "opens", extension.due, "due")
    due = policy.due if extension.due is None else extension.due
    yield from _close(due, extension.closes)
    yield from _order(policy.opens, "opens", extension.closes, "closes")
    yield from _attempts(extension.attempts)
    yield from _reason(extension.reason)


def outage_faults(outage: Outage) -> Iterator[RuleFault]:
    """Yield the faults of an outage."""
    yield from _order(outage.start, "start", outage.end, "end")
    yield from _reason(outage.reason)


def override_faults(override: Override) -> Iterator[RuleFault]:
    """Yield the faults of an override."""
    if not math.isfinite(override.share) or not 0 <= override.share <= 1:
        yield RuleFault("share", f"A mark is a share of the maximum, 0 to 1, not {override.share:g}.")
    yield from _reason(override.reason)


def _order(earlier: float | None, first: str, later: float | None, second: str) -> Iterator[RuleFault]:
    if earlier is not None and later is not None and later <= earlier:
        yield RuleFault(second, f"{second} must be later than {first}.")


def _close(due: float | None, closes: float | None) -> Iterator[RuleFault]:
    """Yield a fault of a close before the due, by the minutes that pages show: 23:59 is no earlier than 23:59:59."""
    if due is not None and closes is not None and closes // _MINUTE < due // _MINUTE:
        yield RuleFault("closes", "It closes before it is due; set closes to the due time or later.")


def _between(field: str, value: float, least: float, most: float, unit: str) -> Iterator[RuleFault]:
    if not math.isfinite(value) or not least <= value <= most:
        yield RuleFault(field, f"{field} must be {least:g} to {most:g} {unit}, not {value:g}.")


def _attempts(attempts: int | None) -> Iterator[RuleFault]:
    if attempts is not None and not 1 <= attempts <= MOST_ATTEMPTS:
        says = f"attempts must be 1 to {MOST_ATTEMPTS:,}, not {attempts:,}; leave it out for any number."
        yield RuleFault("attempts", says)


def _reason(reason: str) -> Iterator[RuleFault]:
    if not reason.strip():
        yield RuleFault("reason", "Give a reason: it is kept with the record, and staff see it.")
    elif len(reason) > LONGEST_REASON:
        yield RuleFault("reason", f"A reason may have at most {LONGEST_REASON} characters, not {len(reason):,}.")
