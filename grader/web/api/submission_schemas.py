"""The JSON of a submission: its state, and its verdict once there is one."""

import json
from datetime import datetime
from typing import Any

from pydantic import Field

from backmark.grader.model.records import Job, Kind, State, SubmissionRecord
from backmark.grader.model.verdict import Outcome, Verdict
from backmark.grader.web import viewers
from backmark.grader.web.http import links
from backmark.grader.web.http.auth import Caller
from backmark.grader.web.http.schemas import ResponseModel, moment, moment_or_none
from backmark.grader.web.http.service import service


class PlaceResponse(ResponseModel):
    """The place of a submission in its queue."""

    position: int = Field(description="The number of jobs ahead of it.")
    estimated_seconds: float | None = Field(description="Time until its verdict, estimated from the last minutes.")


class SummaryResponse(ResponseModel):
    """A submission, without its verdict."""

    id: str
    state: State
    course: str
    assignment: str
    revision: str = Field(description="The revision that it is graded against.")
    student: str
    attempt: int | None = Field(
        description="The number of the student's attempt at this assignment, from 1. Null if it is no attempt: it was "
        "refused before it ran, superseded, cancelled, or ended as service_failed."
    )
    filename: str
    source_sha256: str
    size: int = Field(description="The size of the file in bytes.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    superseded_by: str | None = Field(
        description="The same student's later submission, which replaced it before it was graded."
    )
    failure: str | None = Field(description="Why it ended as service_failed: never the student's fault.")
    regrade: str | None = Field(description="The regrade that produced the current verdict.")
    outcome: Outcome | None
    score: int | None = Field(description="Null without a verdict, and for a file that was refused before it ran.")
    max_score: int | None
    engine: str | None = Field(
        description="The version of Backmark and its engine that reached the current verdict, such as 0.2.0+1f0c3a5b."
    )
    reused: bool | None = Field(description="True if the verdict was reused from an identical source; only for staff.")


class StatusResponse(SummaryResponse):
    """A submission, with its place in the queue while it waits, and its verdict once it is done."""

    queue: PlaceResponse | None
    link: str | None = Field(
        description="A signed link to the verdict's page, to send to the student; a path unless BACKMARK_PUBLIC_URL "
        "is set. Null for tokens without the scope read, and if the server has no secret."
    )
    verdict: Verdict | None


class SummariesResponse(ResponseModel):
    """A page of submissions, newest first."""

    items: list[SummaryResponse]
    next: str | None = Field(description="The cursor of the next page; null if there is none.")


def summary(submission: SubmissionRecord, caller: Caller) -> SummaryResponse:
    """Return a submission as lists show it, without its verdict."""
    submission = viewers.as_seen(submission, caller)
    return SummaryResponse.model_construct(
        id=submission.id,
        state=submission.state,
        course=submission.course,
        assignment=submission.assignment,
        revision=submission.revision,
        student=submission.student,
        attempt=submission.attempt,
        filename=submission.filename,
        source_sha256=submission.source_sha256,
        size=submission.size,
        created_at=moment(submission.created),
        started_at=moment_or_none(submission.started),
        finished_at=moment_or_none(submission.finished),
        superseded_by=submission.superseded_by,
        failure=submission.failure,
        regrade=submission.regrade,
        outcome=Outcome(submission.outcome) if submission.outcome is not None and caller.reads else None,
        score=submission.score if caller.reads else None,
        max_score=submission.max_score if caller.reads else None,
        engine=submission.engine if caller.reads else None,
        reused=submission.reused if caller.staff else None,
    )


def status(submission: SubmissionRecord, caller: Caller) -> bytes:
    """Return a submission with place and verdict, as JSON."""
    body = summary(submission, caller).model_dump(mode="json")
    body["queue"], current = place(submission), verdict(submission, caller)
    body["link"] = links.verdict_url(submission) if caller.reads else None
    body["verdict"] = None if current is None else current.as_dict()
    return json.dumps(body, separators=(",", ":")).encode()


def verdict(submission: SubmissionRecord, caller: Caller) -> Verdict | None:
    """Return the current verdict as the caller may see it, or None if there is none or the token may not read."""
    return viewers.verdict(submission, caller) if caller.reads else None


def place(submission: SubmissionRecord) -> dict[str, Any] | None:
    """Return the place of a submission in its queue, or None once it no longer waits."""
    if submission.state is not State.QUEUED:
        return None
    jobs, job = service().store.jobs, Job(Kind.SUBMISSION, submission.id)
    position = jobs.position(job)
    if position is None:
        return None
    pace = jobs.pace(job.kind.queue)
    return {"position": position, "estimated_seconds": None if pace is None else round((position + 1) * pace, 1)}
