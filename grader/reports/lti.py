"""A score of LTI's Assignment and Grade Services, ready to be posted to a line item's /scores."""

import json
from datetime import UTC, datetime
from typing import Any

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import State, SubmissionRecord
from backmark.grader.model.verdict import Mark, Verdict
from backmark.grader.reports.view import list_rows
from backmark.grader.reports.wording import clean, explain, headline

CONTENT_TYPE = "application/vnd.ims.lis.v1.score+json"

#: The grading progress sent to the platform: `Pending` resolves itself, `NotReady` means that no grade will come.
_PROGRESS = {
    State.QUEUED: "Pending",
    State.RUNNING: "Pending",
    State.DONE: "FullyGraded",
    State.SUPERSEDED: "NotReady",
    State.CANCELLED: "NotReady",
    State.SERVICE_FAILED: "Failed",
}


def render(submission: SubmissionRecord, verdict: Verdict | None) -> bytes:
    """Return the score; without a verdict it carries none, and leaves what stands in the gradebook as it is.

    Nor does that of a refused file, which is no attempt. A verdict that is held back waits for staff to publish it.
    """
    refused = verdict is not None and verdict.outcome is Outcome.REJECTED
    score: dict[str, Any] = {
        "userId": clean(submission.student),
        "timestamp": _time(submission.judged or submission.finished or submission.started or submission.created),
        "activityProgress": "Submitted" if verdict is None or refused else "Completed",
        "gradingProgress": _progress(submission, verdict),
        "submission": {"submittedAt": _time(submission.created)},
    }
    if verdict is not None:
        score |= ({} if refused else _marks(verdict)) | {"comment": _comment(verdict)}
    return json.dumps(score, ensure_ascii=False).encode()


def _progress(submission: SubmissionRecord, verdict: Verdict | None) -> str:
    if verdict is None and submission.state is State.DONE:
        return "PendingManual"
    refused = verdict is not None and verdict.outcome is Outcome.REJECTED
    return "NotReady" if refused else _PROGRESS[submission.state]


def _marks(verdict: Verdict) -> dict[str, int]:
    """Return score and maximum; that must be positive, so a rubric without marks becomes one mark for passing."""
    if not verdict.max_score:
        return {"scoreGiven": int(verdict.outcome is Outcome.PASSED), "scoreMaximum": 1}
    return {"scoreGiven": verdict.score or 0, "scoreMaximum": verdict.max_score}


def _comment(verdict: Verdict) -> str:
    """Return the plain text that a student sees beside the score: what happened, why, and which steps are wrong."""
    rows = () if verdict.repair else list_rows(verdict)
    failed = (f"Wrong: {clean(row.title)}." for row in rows if row.outcome is Mark.FAILED)
    return "\n".join(filter(None, (headline(verdict), explain(verdict), *failed)))


def _time(seconds: float) -> str:
    """Return the time in ISO 8601 with fractions of a second and the zone, both of which the specification asks for."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
