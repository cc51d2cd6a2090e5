"""The address of a submission, and the submission there."""

from typing import NoReturn

from backmark.grader.model.records import SubmissionRecord
from backmark.grader.web import viewers
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.problems import NOT_FOUND, Problem
from backmark.grader.web.http.schemas import Id, RequestModel
from backmark.grader.web.service import service


class SubmissionPath(RequestModel):
    """The path of a submission."""

    submission_id: Id


def visible_submission(submission_id: str) -> SubmissionRecord:
    """Return a submission as the caller may see it. Raises Problem if there is none that they may see."""
    submission = service().store.submissions.get(submission_id)
    if submission is None or not caller().sees(submission.course):
        raise_not_found(submission_id)
    return viewers.as_seen(submission, caller())


def raise_not_found(submission_id: str) -> NoReturn:
    """Raise the Problem that there is no such submission."""
    raise Problem(NOT_FOUND, f"there is no submission {submission_id}")
