"""Submissions: submit, read, wait, list, cancel, retry and delete."""

import json
from hashlib import sha256
from typing import Annotated

from flask import Response, request
from pydantic import AfterValidator, Field

from backmark.grader.model.messages import Correspondence, Note, Question
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import Position, Scope, State, SubmissionRecord, SubmissionSummary
from backmark.grader.model.verdict import Verdict
from backmark.grader.model.views import hidden_fields
from backmark.grader.reports.registry import FORMATS, Format
from backmark.grader.store.errors import BadCursor
from backmark.grader.store.search import Filter
from backmark.grader.store.submissions import NewSubmission
from backmark.grader.web import links, viewers
from backmark.grader.web.api.submission_paths import SubmissionPath, raise_not_found, visible_submission
from backmark.grader.web.api.upload import SubmissionForm, SubmissionRequest, read_upload
from backmark.grader.web.http.auth import Caller, caller
from backmark.grader.web.http.idempotency import IdempotencyHeader, idempotency_claim
from backmark.grader.web.http.nouns import extend_response, list_model, response_model, serve
from backmark.grader.web.http.problems import (
    BUSY,
    CLOSED,
    CONFLICT,
    FILE_FORMAT,
    KEY_MISSING,
    KEY_REUSED,
    NO_ATTEMPTS_LEFT,
    NO_VERDICT,
    NOT_ACCEPTABLE,
    NOT_OPEN,
    STORAGE_FULL,
    UNKNOWN_ASSIGNMENT,
    Problem,
    invalid,
)
from backmark.grader.web.http.request_log import current_trace
from backmark.grader.web.http.resource import ACCEPTED, PREFIX, TAGGED, Resource, ResponseDoc
from backmark.grader.web.http.responses import LOOK_AFTER, respond_accepted, respond_empty, respond_list, respond_tagged
from backmark.grader.web.http.schemas import (
    WHOLE,
    Cursor,
    Name,
    OwnCourse,
    PageQuery,
    Query,
    RequestModel,
    ResponseModel,
    Student,
)
from backmark.grader.web.service import service
from backmark.grader.web.streaming import stream, wait_until_finished
from backmark.grader.web.usecases.submissions import download, find_place, note_retries

resource = Resource("submissions", __name__, description="The submissions of students, and their verdicts.")

_JSON = "application/json"
_MESSAGES = "Empty for tokens without the scope read, and without the scope staff while verdicts are held back."


class SubmissionReceipt(ResponseModel):
    """The receipt of an accepted submission."""

    id: str
    state: State
    course: str
    assignment: str
    revision: str
    student: str
    source_sha256: str


_SummaryResponse = extend_response(SubmissionRecord, "SummaryResponse", SubmissionSummary.__doc__ or "")
_SummariesResponse = list_model(
    _SummaryResponse, "A page of submissions, newest first.", name="SummariesResponse", paged=True
)
_StatusResponse = extend_response(
    SubmissionRecord,
    "StatusResponse",
    "A submission, with its place in the queue while it waits, its verdict once it is done, its notes and questions.",
    queue=response_model(Position) | None,
    link=(
        str | None,
        Field(
            description="A signed link to the verdict's page, to send to the student; a path unless "
            "BACKMARK_PUBLIC_URL is set. Null for tokens without the scope read, and if the server has no secret."
        ),
    ),
    notes=(list[response_model(Note)], Field(description="The notes of staff, the earliest first. " + _MESSAGES)),  # type: ignore[misc] # made at run time
    questions=(list[response_model(Question)], Field(description="The questions with their answers. " + _MESSAGES)),  # type: ignore[misc] # made at run time
    verdict=Verdict | None,
)


def _known(name: str) -> str:
    if name not in _FORMAT_NAMES:
        raise ValueError(f"a verdict is available as {', '.join(_FORMAT_NAMES)}")
    return name


_FORMAT_NAMES = ("json", *FORMATS)
FormatName = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": [*_FORMAT_NAMES]})]


class SubmissionQuery(Query):
    """The query for one submission."""

    wait: float = Field(
        default=0,
        ge=0,
        le=60,
        description="Seconds to wait for the submission to finish; the answer comes as soon as it has.",
    )
    format: FormatName | None = Field(
        default=None, description="The format of the verdict; by default the one that Accept names."
    )


class SubmissionsQuery(PageQuery):
    """The query of a course's submissions."""

    assignment: Name | None = None
    student: Student | None = None
    outcome: Outcome | None = None
    state: State | None = None


class RetriesRequest(RequestModel):
    """The submissions that ended as service_failed, and should be graded again."""

    assignment: Name | None = Field(
        default=None, description="Only submissions for this assignment; by default all of the course."
    )
    limit: Annotated[int, Field(ge=1, le=200), WHOLE] = Field(
        default=100, description="The largest number of submissions to retry."
    )
    cursor: Cursor = None
    course: OwnCourse = None


class RetriesResponse(ResponseModel):
    """The submissions that are queued again."""

    retried: list[str] = Field(description="The ids of the submissions that are queued again.")
    next: str | None = Field(description="The cursor of the next request; null if no more are left.")


@resource.operation(
    "POST",
    "/submissions",
    scope=Scope.SUBMIT,
    responses={
        202: ResponseDoc(
            SubmissionReceipt,
            description="Recorded, to be graded by a worker.",
            headers=ACCEPTED,
            links=dict.fromkeys(
                (
                    "read_submission",
                    "stream_submission",
                    "read_source",
                    "cancel_submission",
                    "retry_submission",
                    "delete_submission",
                ),
                "submission_id",
            ),
        )
    },
    problems=(
        *(UNKNOWN_ASSIGNMENT, KEY_MISSING, FILE_FORMAT, KEY_REUSED, STORAGE_FULL),
        *(NOT_OPEN, CLOSED, NO_ATTEMPTS_LEFT),
    ),
    bodies={_JSON: SubmissionRequest, "multipart/form-data": SubmissionForm},
)
def submit(header: IdempotencyHeader) -> Response:
    """Submit a file to be graded.

    A later submission of the same student for the same assignment supersedes one that is still waiting, unless the
    course has a policy for the assignment. A policy may refuse it: too early, too late, or no attempts left.
    """
    upload, app_services = read_upload(), service()
    course = caller().course(upload.course)
    digest = sha256(upload.source).hexdigest()
    key = idempotency_claim(header, course, upload.assignment, upload.student, upload.filename, digest)
    revision = app_services.store.assignments.current(course, upload.assignment)
    if revision is None:
        raise Problem(UNKNOWN_ASSIGNMENT, f"there is no assignment {upload.assignment} in the course {course}")
    shares = (
        app_services.limits.by_token(caller().token.id),
        *app_services.limits.by_student(course, upload.student, len(upload.source)),
    )
    new = NewSubmission(
        *(course, upload.assignment, revision.id, upload.student, upload.filename, upload.source, key, shares),
        trace=current_trace(),
    )
    accepted = app_services.intake.accept(new)
    state, against = State.QUEUED, revision.id
    if accepted.replayed:
        original = visible_submission(accepted.id)
        # Another revision may have been published since.
        state, against = original.state, original.revision
    receipt = SubmissionReceipt(
        id=accepted.id,
        state=state,
        course=course,
        assignment=upload.assignment,
        revision=against,
        student=upload.student,
        source_sha256=digest,
    )
    return respond_accepted(receipt, f"{PREFIX}/submissions/{accepted.id}", replayed=accepted.replayed)


@resource.operation(
    "GET",
    "/submissions",
    scope=Scope.READ,
    responses={200: ResponseDoc(_SummariesResponse, description="A page, newest first.", paged=True)},
)
def list_submissions(query: SubmissionsQuery) -> Response:
    """List the submissions of a course."""
    viewer = caller()
    course = viewer.course(query.course)
    # Whoever chose by outcome or state would know it: by what is on a page, and by whether there is another one.
    without = viewers.held_back_assignments(course, viewer) if query.outcome or query.state else ()
    criteria = Filter(course, query.assignment, query.student, query.outcome, query.state, without=without)
    page = service().store.submissions.list(criteria, query.limit, query.cursor)
    hidden = hidden_fields(SubmissionRecord, viewer.token.allows)
    items = (serve(viewers.as_seen(submission, viewer), _SummaryResponse, hidden) for submission in page.items)
    return respond_list(_SummariesResponse, items, page.next_cursor)


@resource.operation(
    "GET",
    "/submissions/<submission_id>",
    scope=Scope.READ,
    responses={
        200: ResponseDoc(
            _StatusResponse,
            description="The submission, with its verdict once there is one.",
            headers=TAGGED,
            media_types=tuple(verdict_format.content_type for verdict_format in FORMATS.values()),
        ),
    },
    problems=(NO_VERDICT, NOT_ACCEPTABLE),
)
def read_submission(path: SubmissionPath, query: SubmissionQuery) -> Response:
    """Read a submission, or its verdict in another format."""
    verdict_format = _read_format(query.format)
    submission = visible_submission(path.submission_id)
    if query.wait and not submission.state.terminal:
        see = viewers.seen_now(caller())
        submission = wait_until_finished(submission, query.wait, see) or raise_not_found(path.submission_id)
    if verdict_format is None:
        return respond_tagged(_write_status(submission, caller()))
    return respond_tagged(_render_verdict(submission, verdict_format), content_type=verdict_format.content_type)


@resource.operation(
    "GET",
    "/submissions/<submission_id>/events",
    scope=Scope.READ,
    responses={
        200: ResponseDoc(
            description="A stream of events that ends with the submission's final state.",
            media_types=("text/event-stream",),
        ),
        204: ResponseDoc(description="You have already received the last event."),
    },
    problems=(BUSY,),
)
def stream_submission(path: SubmissionPath) -> Response:
    """Follow a submission by server-sent events.

    Each event is named after the state; its data is the JSON of the submission.
    """
    submission, viewer = visible_submission(path.submission_id), caller()

    return stream(submission, viewers.seen_now(viewer), lambda latest: _write_status(latest, viewer))


@resource.operation(
    "GET",
    "/submissions/<submission_id>/source",
    scope=Scope.ASSIST,
    responses={
        200: ResponseDoc(description="The submitted file.", headers=TAGGED, media_types=("application/octet-stream",))
    },
)
def read_source(path: SubmissionPath) -> Response:
    """Read the submitted file."""
    return download(visible_submission(path.submission_id))


@resource.operation(
    "POST",
    "/submissions/<submission_id>/cancel",
    scope=Scope.SUBMIT,
    responses={
        200: ResponseDoc(
            _StatusResponse, description="The submission: cancelled, or unchanged if it had finished already."
        )
    },
)
def cancel_submission(path: SubmissionPath) -> Response:
    """Cancel a submission that is waiting or running. A submission that has finished stays as it is.

    A token without the scope `read` does not get the verdict.
    """
    submission = visible_submission(path.submission_id)
    # To whoever may not know if it is graded it has finished: that it could be cancelled would tell.
    if not submission.state.terminal:
        service().store.submissions.cancel(submission.id, caller().author)
    return respond_tagged(_write_status(visible_submission(path.submission_id), caller()))


@resource.operation(
    "POST",
    "/submissions/<submission_id>/ask_class",
    scope=Scope.STAFF,
    weight="submit",
    responses={200: ResponseDoc(_StatusResponse, description="The submission, unchanged.")},
    problems=(CONFLICT,),
)
def ask_class(path: SubmissionPath) -> Response:
    """Ask everybody in the course about the fresh cases that a submission fails.

    That holds for what is graded from now on. A regrade asks those who have handed in. If the submission fails no
    fresh case, the answer is 409.
    """
    submission = visible_submission(path.submission_id)
    service().intake.ask_class(submission, caller().author)
    return respond_tagged(_write_status(submission, caller()))


@resource.operation(
    "POST",
    "/submissions/<submission_id>/retry",
    scope=Scope.STAFF,
    weight="submit",
    responses={
        200: ResponseDoc(
            _StatusResponse, description="The submission: queued again, or unchanged if it is waiting, running or done."
        )
    },
    problems=(CONFLICT,),
)
def retry_submission(path: SubmissionPath) -> Response:
    """Retry a submission that ended as `service_failed`.

    The submission keeps its id, gets its attempt number back, and notifications are sent as for any other. Repeating
    the request grades it only once. If the submission was cancelled or superseded, the answer is 409.
    """
    latest = service().intake.retry(visible_submission(path.submission_id).id, caller().author)
    return respond_tagged(_write_status(latest or raise_not_found(path.submission_id), caller()))


@resource.operation(
    "POST",
    "/retries",
    scope=Scope.STAFF,
    weight="submit",
    responses={
        200: ResponseDoc(
            RetriesResponse,
            description="The submissions that are queued again. While `next` is not null, there may be more.",
        )
    },
)
def retry_submissions(body: RetriesRequest) -> Response:
    """Retry all submissions that ended as `service_failed`, a page at a time, newest first.

    Repeat the request with the `next` of the answer as `cursor`, until `next` is null. Each submission is graded once.
    """
    course = caller().course(body.course)
    try:
        retried = service().intake.retry_all(course, body.assignment, body.limit, body.cursor)
    except BadCursor as error:
        raise invalid("/cursor", str(error)) from None
    note_retries(course, body.assignment, len(retried.items))
    return respond_tagged(RetriesResponse(retried=list(retried.items), next=retried.next_cursor))


@resource.operation(
    "DELETE",
    "/submissions/<submission_id>",
    scope=Scope.STAFF,
    responses={204: ResponseDoc(description="Deleted, with its source and its verdicts.")},
)
def delete_submission(path: SubmissionPath) -> Response:
    """Delete a submission with everything that belongs to it."""
    if not service().store.submissions.delete(visible_submission(path.submission_id).id, caller().author):
        raise_not_found(path.submission_id)
    return respond_empty()


def _write_status(submission: SubmissionRecord, viewer: Caller) -> bytes:
    """Return a submission that the viewer may see so, with place, verdict and messages, as JSON."""
    hidden, place = hidden_fields(SubmissionRecord, viewer.token.allows), find_place(submission)
    written = viewers.conversation(submission, viewer) if viewer.reads else Correspondence()
    answer = serve(
        submission,
        _StatusResponse,
        hidden,
        queue=None if place is None else serve(place),
        link=links.verdict_url(submission),
        notes=[serve(note) for note in written.notes],
        questions=[serve(question) for question in written.questions],
        verdict=None,
    )
    body, current = answer.model_dump(mode="json"), None if "verdict" in hidden else viewers.verdict(submission, viewer)
    if current is not None:
        body["verdict"] = current.as_dict()
    return json.dumps(body, separators=(",", ":")).encode()


def _read_format(name: str | None) -> Format | None:
    """Return the requested format of the verdict; None is our own JSON."""
    if name is not None:
        return FORMATS.get(name)
    if not request.accept_mimetypes:
        return None
    forms = {_JSON: None} | {form.content_type: form for form in FORMATS.values()}
    best = request.accept_mimetypes.best_match(list(forms))
    if best is None:
        raise Problem(NOT_ACCEPTABLE, f"a submission is available as {', '.join(forms)}")
    return forms[best]


def _render_verdict(submission: SubmissionRecord, verdict_format: Format) -> bytes:
    # Always what a student may see, because these systems show it to students.
    submission = viewers.as_seen(submission, viewers.STUDENT)
    content = viewers.verdict(submission, viewers.STUDENT)
    if content is not None:
        return verdict_format.render(submission, content)
    if verdict_format.ungraded is not None:
        return verdict_format.ungraded(submission)
    headers = {} if submission.state.terminal else {"Retry-After": str(LOOK_AFTER)}
    raise Problem(NO_VERDICT, f"the submission is {submission.state} and has no verdict", headers=headers)
