"""The view of a verdict for each viewer: everything that leaves this server with a verdict in it passes here."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from flask import g

from backmark.grader.model.messages import Correspondence
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import SubmissionRecord
from backmark.grader.model.verdict import Flag, Verdict
from backmark.grader.model.views import hold_back
from backmark.grader.store.disclosed import disclose_to_student
from backmark.grader.web.service import service

#: Beside the flags of the verdict, for staff.
IDENTICAL = Flag("identical", "identical to another student's submission")


class Viewer(Protocol):
    """Somebody who looks at a verdict, such as a `Caller`."""

    @property
    def staff(self) -> bool:
        """True if everything may be seen."""


@dataclass(frozen=True, slots=True)
class StudentViewer:
    """A student, who reads a verdict by a link or in another system."""

    staff: bool = False


STUDENT = StudentViewer()


def verdict(submission: SubmissionRecord, viewer: Viewer) -> Verdict | None:
    """Return the current verdict as the viewer may see it, or None if there is none."""
    if submission.verdict is None or is_held_back(submission, viewer):
        return None
    current = service().store.submissions.verdict(submission.id, submission.verdict)
    return None if current is None else disclose_to(submission, current, viewer)


def as_seen(submission: SubmissionRecord, viewer: Viewer) -> SubmissionRecord:
    """Return a submission as the viewer may see it: without what says how good it is while that is held back.

    Everything that answers a viewer about a submission reads it by this, its state and its place in the queue as well.
    """
    return hold_back(submission) if is_held_back(submission, viewer) else submission


def seen_now(viewer: Viewer) -> Callable[[SubmissionRecord], SubmissionRecord]:
    """Return `as_seen` for a request that goes on while staff change policies: it reads them again each time."""

    def see(submission: SubmissionRecord) -> SubmissionRecord:
        g.pop("held_back", None)
        return as_seen(submission, viewer)

    return see


def is_held_back(submission: SubmissionRecord, viewer: Viewer) -> bool:
    """Return True if the viewer may not see the verdict before staff publish it."""
    if viewer.staff or submission.outcome == Outcome.REJECTED:
        # A file that was refused is no attempt, and its student has to hand in another one.
        return False
    known: dict[tuple[str, str], bool] = g.setdefault("held_back", {})
    place = (submission.course, submission.assignment)
    if place not in known:
        policy_now = service().store.courses.policy(*place)
        known[place] = policy_now is not None and policy_now.held_back
    return known[place]


def held_back_assignments(course: str, viewer: Viewer) -> tuple[str, ...]:
    """Return the assignments of a course whose verdicts the viewer may not see yet."""
    if viewer.staff:
        return ()
    return tuple(name for name, rules in service().store.courses.policies(course).items() if rules.held_back)


def conversation(submission: SubmissionRecord, viewer: Viewer) -> Correspondence:
    """Return what was written about a submission as the viewer may see it: nothing while its verdict is held back."""
    if is_held_back(submission, viewer):
        return Correspondence()
    return service().store.messages.conversation(submission)


def disclose_to(submission: SubmissionRecord, stored: Verdict, viewer: Viewer) -> Verdict:
    """Return a verdict of the submission as the viewer may see it: by the assignment's feedback, or all of it."""
    if not viewer.staff:
        return disclose_to_student(service().store, submission, stored)
    twins = service().store.submissions.identical(submission.id, limit=1)
    return replace(stored, flags=(*stored.flags, IDENTICAL)) if twins else stored
