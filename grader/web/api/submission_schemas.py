"""A submission as it is told: where it is, and its verdict once there is one."""

import json
from datetime import datetime
from typing import Any

from pydantic import Field

from grader.model.records import Job, Kind, State, Submission
from grader.model.verdict import Outcome
from grader.web import seeing
from grader.web.api.verdict_schemas import VerdictTold
from grader.web.http import links
from grader.web.http.auth import Caller
from grader.web.http.schemas import Told, moment, moment_or_none
from grader.web.http.service import service


class PlaceTold(Told):
    """Where it waits."""

    position: int = Field(description="How many go before it.")
    estimated_seconds: float | None = Field(description="Until its verdict, as far as the last minutes tell.")


class SummaryTold(Told):
    """A submission, without its verdict."""

    id: str
    state: State
    course: str
    assignment: str
    revision: str = Field(description="The revision that it is graded against.")
    student: str
    attempt: int = Field(description="The student's first, second... for this assignment.")
    filename: str
    source_sha256: str
    size: int = Field(description="Bytes.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    superseded_by: str | None = Field(description="The same student's later submission, for which it was given up.")
    failure: str | None = Field(description="Why it ended as service_failed: never the student's fault.")
    regrade: str | None = Field(description="The regrade that gave the verdict that holds.")
    outcome: Outcome | None
    score: int | None
    max_score: int | None
    reused: bool | None = Field(description="Whether the verdict was made for an identical source; null unless staff.")


class StatusTold(SummaryTold):
    """A submission with its place in the queue while it waits, and its verdict once it is done."""

    queue: PlaceTold | None
    link: str | None = Field(
        description="A signed page of the verdict, to send to the student; a path unless BACKMARK_PUBLIC_URL is set. "
        "Null for tokens without the scope read, and where the server has no secret."
    )
    verdict: VerdictTold | None


class SummariesTold(Told):
    """A page of submissions, newest first."""

    items: list[SummaryTold]
    next: str | None = Field(description="The cursor of the next page; null where there is none.")


def summary(found: Submission, caller: Caller) -> SummaryTold:
    """What lists say of one."""
    return SummaryTold.model_construct(
        id=found.id,
        state=found.state,
        course=found.course,
        assignment=found.assignment,
        revision=found.revision,
        student=found.student,
        attempt=found.attempt,
        filename=found.filename,
        source_sha256=found.source_sha256,
        size=found.size,
        created_at=moment(found.created),
        started_at=moment_or_none(found.started),
        finished_at=moment_or_none(found.finished),
        superseded_by=found.superseded_by,
        failure=found.failure,
        regrade=found.regrade,
        outcome=Outcome(found.outcome) if found.outcome is not None and caller.reads else None,
        score=found.score if caller.reads else None,
        max_score=found.max_score if caller.reads else None,
        reused=found.reused if caller.staff else None,
    )


def status(found: Submission, caller: Caller) -> bytes:
    """The whole of one, as JSON."""
    told = summary(found, caller).model_dump(mode="json")
    told["queue"] = place(found)
    told["link"] = links.told(found) if caller.reads else None
    told["verdict"] = verdict(found, caller)
    return json.dumps(told, separators=(",", ":")).encode()


def verdict(found: Submission, caller: Caller) -> dict[str, Any] | None:
    """The verdict that holds, as far as it is shown to the caller; none for who may only submit, and cancels."""
    return seeing.verdict(found, caller) if caller.reads else None


def place(found: Submission) -> dict[str, Any] | None:
    """Where it waits; None once it does not."""
    if found.state is not State.QUEUED:
        return None
    jobs, job = service().store.jobs, Job(Kind.SUBMISSION, found.id)
    position = jobs.position(job)
    if position is None:
        return None
    pace = jobs.pace(job.kind.queue)
    return {"position": position, "estimated_seconds": None if pace is None else round((position + 1) * pace, 1)}
