"""The limits that hold for one student, and the refusal of a file that comes outside of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from backmark.grader.model.terms import Extension, Outage, Policy, Terms


@dataclass(frozen=True, slots=True)
class StudentLimits:
    """The times and the number of attempts of one student, with their extension and every outage. None: no limit."""

    opens: float | None
    due: float | None
    closes: float | None
    attempts: int | None


@dataclass(frozen=True, slots=True)
class LinkTimes:
    """Until when a link hands in, and until when it shows the page: with the student's attempts, verdicts and mark."""

    hands_in: float
    #: None: as long as nobody ends the link.
    reads: float | None


class Bar(StrEnum):
    """A reason for which a policy takes nothing from a student now."""

    NOT_OPEN = "not_open"
    CLOSED = "closed"
    NO_ATTEMPTS_LEFT = "no_attempts_left"


@dataclass(frozen=True, slots=True)
class HandInRefusal:
    """The reason why a student may not hand in now, with the figures of it."""

    bar: Bar
    #: When it opens or closed; None for attempts.
    at: float | None = None
    #: The attempts that the student may have, and has had; None for times.
    attempts: int | None = None
    used: int | None = None


def limits(policy: Policy, extension: Extension | None = None, outages: Iterable[Outage] = ()) -> StudentLimits:
    """Return the limits of a student.

    An extension that sets a later due alone moves the close to that due and its grace, where it would come before.
    Then every outage moves each due and close after its start by its length.
    """
    due, closes, attempts = policy.due, policy.closes, policy.attempts
    if extension is not None:
        due = due if extension.due is None else extension.due
        attempts = attempts if extension.attempts is None else extension.attempts
        if extension.closes is not None:
            closes = extension.closes
        elif closes is not None and extension.due is not None:
            closes = max(closes, extension.due + policy.grace)
    merged = merge(outages)
    return StudentLimits(policy.opens, _move_past(due, merged), _move_past(closes, merged), attempts)


def limits_of(terms: Terms) -> StudentLimits:
    """Return the limits of the student whose terms these are."""
    return limits(terms.policy or Policy(), terms.extension, terms.outages)


def link_times(until: float, closes: float | None, *, lasting: bool) -> LinkTimes:
    """Return the times of a link: closing ends handing in, and never reading.

    A link that has days ends with them, at `until`. One without is `lasting`: it hands in until its assignment closes
    for the student, or until `until` if that never happens.
    """
    if lasting:
        return LinkTimes(until if closes is None else closes, None)
    return LinkTimes(until if closes is None else min(until, closes), until)


def may_hand_in(now: float, used: int, own: StudentLimits) -> HandInRefusal | None:
    """Return the reason why a student with so many attempts may not hand in now; None if they may.

    At `opens` it is open, at `closes` it is closed.
    """
    if own.opens is not None and now < own.opens:
        return HandInRefusal(Bar.NOT_OPEN, at=own.opens)
    if own.closes is not None and now >= own.closes:
        return HandInRefusal(Bar.CLOSED, at=own.closes)
    if own.attempts is not None and used >= own.attempts:
        return HandInRefusal(Bar.NO_ATTEMPTS_LEFT, attempts=own.attempts, used=used)
    return None


def merge(outages: Iterable[Outage]) -> tuple[tuple[float, float], ...]:
    """Return start and end of each outage in their order, those that overlap as one: no minute is given twice."""
    merged: list[tuple[float, float]] = []
    for start, end in sorted((outage.start, outage.end) for outage in outages if outage.start < outage.end):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def _move_past(moment: float | None, outages: tuple[tuple[float, float], ...]) -> float | None:
    """Return a due or a close after the outages: one that has moved may move again by the next."""
    if moment is None:
        return None
    for start, end in outages:
        if moment > start:
            moment += end - start
    return moment
