"""`webhook`: an event for a program, in the form of Standard Webhooks.

It contains neither the source nor the verdict's details: unknown parties may read a post, while the details need a
token.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from backmark.grader.model.notifications import Event
from backmark.grader.model.records import SubmissionRecord
from backmark.grader.notifications.kind import NotificationKind, Occurrence


def write_event(occurrence: Occurrence) -> Mapping[str, object]:
    """Return an event with its submission; its facts are current, even in a late retry."""
    submission = occurrence.submission
    data = {"course": occurrence.course} if submission is None else _describe(submission)
    return {"type": occurrence.event, "timestamp": _rfc3339(occurrence.at), "data": data}


def _describe(submission: SubmissionRecord) -> dict[str, object]:
    return {
        "id": submission.id,
        "state": submission.state,
        "course": submission.course,
        "assignment": submission.assignment,
        "student": submission.student,
        "attempt": submission.attempt,
        "outcome": submission.outcome,
        "score": submission.score,
        "max_score": submission.max_score,
        "url": f"/api/v1/submissions/{submission.id}",
    }


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


KIND = NotificationKind(
    "webhook",
    "Webhook",
    "Posts events of submissions to your own program, signed as Standard Webhooks.",
    (Event.DONE, Event.SUPERSEDED, Event.CANCELLED, Event.SERVICE_FAILED, Event.REGRADED),
    write_event,
    signed=True,
)
