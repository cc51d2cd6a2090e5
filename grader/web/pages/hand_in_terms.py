"""The policy as a student meets it: until when, how often, and what lateness takes."""

from collections.abc import Mapping
from dataclasses import dataclass

from backmark.grader.courses.limits import Bar, HandInRefusal, StudentLimits, limits_of, may_hand_in
from backmark.grader.courses.marks import late_days, lateness, list_late_days, lower, mark_student, withhold
from backmark.grader.model.marks import Attempt, Marking
from backmark.grader.model.terms import Counts, Policy, Terms
from backmark.grader.web.service import service


@dataclass(frozen=True, slots=True)
class HandInTerms:
    """The rules that hold for a student now; without a name, for a student without extension and attempts.

    While marks are held back, its marking has none.
    """

    policy: Policy
    own: StudentLimits
    marking: Marking
    now: float
    #: The reason why nothing is taken from the student now; None: files are taken.
    refusal: HandInRefusal | None
    #: True if the student has limits of their own.
    extended: bool
    #: The started days by which attempts are late, by submission; without those in time.
    late: Mapping[str, int]

    @property
    def days(self) -> int:
        """The started days by which an attempt is late now."""
        return late_days(lateness(self.now, self.own.due, self.policy.grace))

    @property
    def loss(self) -> float:
        """Per cent of the maximum that lateness takes now from a full mark."""
        return round(100.0 * (1.0 - lower(1.0, self.days, self.policy)), 6)

    @property
    def last(self) -> bool:
        """True if one attempt is left."""
        return self.refusal is None and self.marking.left == 1

    @property
    def best(self) -> bool:
        """True if the best attempt counts."""
        return self.policy.counts is Counts.BEST

    @property
    def not_open(self) -> bool:
        """True if it is not open yet."""
        return self.refusal is not None and self.refusal.bar is Bar.NOT_OPEN

    @property
    def closed(self) -> bool:
        """True if it has closed."""
        return self.refusal is not None and self.refusal.bar is Bar.CLOSED


def read_hand_in_terms(course: str, assignment: str, student: str | None) -> HandInTerms | None:
    """Return the rules that hold for a student; None without a policy, an extension and an override."""
    courses = service().store.courses
    attempts: tuple[Attempt, ...] = ()
    if student is None:
        terms = Terms(courses.policy(course, assignment), None, courses.outages(course, assignment))
    else:
        terms = courses.terms_of(course, assignment, student)
        attempts = courses.attempts_of(course, assignment, student)
    if terms.policy is None and terms.extension is None and terms.override is None:
        return None
    marking = withhold(mark_student(student or "", attempts, terms), terms)
    # By the clock that decides when a file comes: another one would hide the form too early, or too late.
    now, own = service().store.time(), limits_of(terms)
    return HandInTerms(
        terms.policy or Policy(),
        own,
        marking,
        now,
        may_hand_in(now, marking.attempts, own),
        extended=terms.extension is not None,
        late=list_late_days(attempts, terms),
    )
