"""A submission's place in its queue, its file, and what the log says of retries."""

from urllib.parse import quote

from flask import Response

from backmark.grader.model.records import Job, Kind, Position, State, SubmissionRecord
from backmark.grader.web.http.problems import (
    NOT_FOUND,
    Problem,
)
from backmark.grader.web.http.responses import respond_tagged
from backmark.grader.web.service import note_act, service


def find_place(submission: SubmissionRecord) -> Position | None:
    """Return the place of a submission in its queue, or None once it no longer waits."""
    if submission.state is not State.QUEUED:
        return None
    return service().store.jobs.place(Job(Kind.SUBMISSION, submission.id))


def note_retries(course: str, assignment: str | None, number: int) -> None:
    """Write into the log of a course that the caller had so many submissions retried, if any."""
    if number:
        note_act(course, "submissions.retry", assignment or "", submissions=number)


def download(submission: SubmissionRecord) -> Response:
    """Send the submitted file as an attachment, which browsers save and do not show; the log says who asked for it."""
    source = service().store.submissions.source(submission.id)
    if source is None:
        detail = f"the file of the submission {submission.id} has been deleted: rejected files are kept for seven days"
        raise Problem(NOT_FOUND, detail)
    note_act(submission.course, "source.read", submission.id, submission.student, assignment=submission.assignment)
    response = respond_tagged(source, content_type="application/octet-stream")
    # The only form of a file name that may contain any character (RFC 6266).
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(submission.filename, safe='')}"
    return response
