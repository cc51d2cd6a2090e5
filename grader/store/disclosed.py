"""Verdicts as students may see them, by what is recorded: for their pages, and for what goes to them elsewhere."""

from backmark.grader.contracts.language.stored_settings import read_settings
from backmark.grader.model.assignment import Feedback, Level
from backmark.grader.model.records import SubmissionRecord
from backmark.grader.model.verdict import Verdict
from backmark.grader.reports.disclosure import disclose, policy
from backmark.grader.store.store import Store


def disclose_to_student(store: Store, submission: SubmissionRecord, stored: Verdict) -> Verdict:
    """Return a verdict of the submission as its student may see it once it is not held back."""
    shown = read_feedback(store, submission.course, submission.assignment)
    lost = _list_lost(store, submission) if len(shown.levels) > 1 else ()
    return disclose(stored, shown, len(lost) + 1, lost)


def read_feedback(store: Store, course: str, assignment: str) -> Feedback:
    """Return the feedback of an assignment's current revision, which applies to earlier submissions too."""
    current = store.assignments.current(course, assignment)
    # Without one no setting permits more than the score.
    return Feedback.always(Level.SCORE) if current is None else policy(read_settings(current.assignment))


def _list_lost(store: Store, submission: SubmissionRecord) -> list[tuple[str, ...]]:
    """Return the rows that each earlier attempt of the student lost; what was refused or superseded earns no hint."""
    attempts = store.courses.attempts_of(submission.course, submission.assignment, submission.student)
    return [attempt.failing for attempt in attempts if attempt.created < submission.created]
