"""Attempts: the submissions that a student's marks, limits and hints count."""

from collections.abc import Iterable

from grader.model.courses import Attempt
from grader.model.records import State, SubmissionRecord
from grader.model.verdict import Outcome

#: States of a submission that waits for its verdict. It counts meanwhile, so that nobody gets more attempts by haste.
_WAITING = frozenset({State.QUEUED, State.RUNNING})


def is_attempt(state: State, outcome: str | None) -> bool:
    """Return True if a submission of this state and outcome counts as an attempt.

    What was refused before it ran (`rejected`), cancelled, superseded, or failed on our side does not.
    """
    return state in _WAITING or (state is State.DONE and outcome != Outcome.REJECTED)


def attempt_of(submission: SubmissionRecord) -> Attempt | None:
    """Return the attempt that a submission is, or None if it does not count."""
    if not is_attempt(submission.state, submission.outcome):
        return None
    return Attempt(submission.id, submission.created, _share(submission))


def count_until(submission: SubmissionRecord, submissions: Iterable[SubmissionRecord]) -> int:
    """Return the number of a student's attempts at the time of a submission, itself included if it counts."""
    return sum(other.created <= submission.created and is_attempt(other.state, other.outcome) for other in submissions)


def _share(submission: SubmissionRecord) -> float | None:
    """Return the share of the marks that its verdict gives; None if it has none."""
    if submission.state is not State.DONE or submission.score is None or submission.max_score is None:
        return None
    if not submission.max_score:
        # A rubric without marks: it is passed or not.
        return float(submission.outcome == Outcome.PASSED)
    return submission.score / submission.max_score
