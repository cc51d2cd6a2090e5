"""Marks: a pure function over attempts, policy, extensions, outages and overrides. Nothing is stored.

What was taken counts, whatever the limits say now: they decide at hand-in, so a later change throws no work away.
Lateness is worked out anew from the policy that holds.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from backmark.grader.courses.limits import limits_of
from backmark.grader.model.marks import Attempt, Marking
from backmark.grader.model.terms import Counts, CourseTerms, Override, OverrideKind, Policy, Terms

#: Seconds of a late day: 24 hours, whatever clocks on walls do meanwhile.
DAY = 86_400
#: Digits of a mark that lateness lowered: 0.9 - 0.3 is 0.6.
_DIGITS = 9
#: Times are compared in whole microseconds, as the store records them: floats would make a second of a late day two.
_MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class _Graded:
    """An attempt with a verdict, and what lateness makes of its mark."""

    attempt: Attempt
    raw: float
    share: float
    lateness: float
    days: int


def mark_student(student: str, attempts: Iterable[Attempt], terms: Terms) -> Marking:
    """Return a student's mark. `attempts` are those that count, as the store lists them; their order does not matter.

    Of several attempts with the best mark the first counts. With `last`, the last that has a verdict counts: one that
    waits takes no mark away meanwhile.
    """
    policy, override, own = terms.policy or Policy(), terms.override, limits_of(terms)
    ordered = sorted(attempts, key=lambda attempt: (attempt.created, attempt.submission))
    graded = [_grade(attempt, attempt.share, policy, own.due) for attempt in ordered if attempt.share is not None]
    counted = _choose(graded, policy.counts)
    computed = None if counted is None else counted.share
    overridden = override is not None and decides(override, computed)
    return Marking(
        student,
        share=override.share if override is not None and overridden else computed,
        computed=computed,
        submission=None if counted is None else counted.attempt.submission,
        attempt=None if counted is None else ordered.index(counted.attempt) + 1,
        raw=None if counted is None else counted.raw,
        lateness=0.0 if counted is None else counted.lateness,
        days=0 if counted is None else counted.days,
        penalty=0.0 if counted is None else round(counted.raw - counted.share, _DIGITS),
        best=max((mark.raw for mark in graded), default=None),
        attempts=len(ordered),
        left=None if own.attempts is None else max(0, own.attempts - len(ordered)),
        last=ordered[-1].created if ordered else None,
        pending=len(graded) < len(ordered),
        override=override,
        overridden=overridden,
        mistakes=() if counted is None else counted.attempt.mistakes,
        max_score=0 if counted is None else counted.attempt.max_score,
    )


def decides(override: Override, computed: float | None) -> bool:
    """Return True if an override is the mark: always a fixed one, one of at least so much until an attempt has that."""
    return override.kind is OverrideKind.FIXED or computed is None or computed < override.share


def mark_course(
    students: Iterable[str], attempts: Mapping[str, Iterable[Attempt]], terms: CourseTerms
) -> Iterator[Marking]:
    """Yield a marking for each student of the roster, and for whoever has an attempt, an extension or an override.

    They come by name.
    """
    for student in sorted({*students, *attempts, *terms.extensions, *terms.overrides}):
        yield mark_student(student, attempts.get(student, ()), terms.of(student))


def lateness(created: float, due: float | None, grace: float) -> float:
    """Return the seconds that a time is late: none within the grace, which it may use up to its last; else from due."""
    if due is None:
        return 0.0
    late = round(created * _MICROS) - round(due * _MICROS)
    return late / _MICROS if late > round(grace * _MICROS) else 0.0


def late_days(seconds: float) -> int:
    """Return the number of started days."""
    return -(-round(seconds * _MICROS) // (DAY * _MICROS))


def list_late_days(attempts: Iterable[Attempt], terms: Terms) -> dict[str, int]:
    """Return the started days by which attempts are late, by submission; without those in time."""
    due, grace = limits_of(terms).due, (terms.policy or Policy()).grace
    days = {attempt.submission: late_days(lateness(attempt.created, due, grace)) for attempt in attempts}
    return {submission: count for submission, count in days.items() if count}


def lower(raw: float, days: int, policy: Policy) -> float:
    """Return what is left of a mark after so many started days: not less than the floor, and never more than it was."""
    if not policy.late or not days:
        return raw
    return min(raw, max(round(raw - days * policy.late / 100, _DIGITS), policy.floor / 100, 0.0))


def _grade(attempt: Attempt, raw: float, policy: Policy, due: float | None) -> _Graded:
    late = lateness(attempt.created, due, policy.grace)
    days = late_days(late)
    return _Graded(attempt, raw, lower(raw, days, policy), late, days)


def _choose(graded: list[_Graded], counts: Counts) -> _Graded | None:
    """Return the attempt that counts, of those in their order."""
    if not graded:
        return None
    return graded[-1] if counts is Counts.LAST else max(graded, key=lambda mark: round(mark.share, _DIGITS))


def withhold(marking: Marking, terms: Terms) -> Marking:
    """Return a marking as its student may read it: while marks are held back without any, or that one waits for its."""
    if not terms.held_back:
        return marking
    return Marking(
        marking.student,
        share=None,
        computed=None,
        attempts=marking.attempts,
        left=marking.left,
        last=marking.last,
    )
