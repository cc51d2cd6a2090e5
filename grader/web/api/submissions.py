"""Submissions: handed in, read, waited for, listed, cancelled, retried, deleted."""

from hashlib import sha256
from typing import Annotated, Literal, NoReturn
from urllib.parse import quote

from flask import Response, request
from pydantic import Field

from grader.model.records import Scope, State, Submission
from grader.model.verdict import Outcome
from grader.reports.registry import FORMATS, Format
from grader.store.errors import BadCursor
from grader.store.search import Filter
from grader.store.submissions import New
from grader.web.api.submission_schemas import StatusTold, SummariesTold, status, summary
from grader.web.api.upload import SubmissionAsked, SubmissionForm, handed
from grader.web.http import responses as answers
from grader.web.http.auth import caller
from grader.web.http.idempotency import Keyed, claimed
from grader.web.http.problems import (
    BUSY,
    CONFLICT,
    INVALID,
    KEY_MISSING,
    KEY_REUSED,
    NO_VERDICT,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    STORAGE_FULL,
    UNKNOWN_ASSIGNMENT,
    Fault,
    Problem,
)
from grader.web.http.resource import ACCEPTED, PREFIX, TAGGED, Answer, Noun
from grader.web.http.schemas import WHOLE, Asked, Id, Name, PageQuery, Query, Student, Told
from grader.web.http.service import service
from grader.web.http.streaming import awaited, stream
from grader.web.seeing import STUDENT, verdict

noun = Noun("submissions", __name__, says="What students hand in, and the verdicts on it.")

_JSON = "application/json"


class Receipt(Told):
    """What is said at once of a submission that was taken in."""

    id: str
    state: State
    course: str
    assignment: str
    revision: str
    student: str
    source_sha256: str


class SubmissionPath(Asked):
    """Which submission."""

    submission_id: Id


class SubmissionQuery(Query):
    """How a submission is read."""

    wait: float = Field(
        default=0, ge=0, le=60, description="Seconds to wait for its end; answered at once where it has ended."
    )
    format: Literal["json", "gradescope", "prairielearn", "junit", "lti"] | None = Field(
        default=None, description="Another form of the verdict; else what Accept names."
    )


class SubmissionsQuery(PageQuery):
    """Which submissions."""

    assignment: Name | None = None
    student: Student | None = None
    outcome: Outcome | None = None
    state: State | None = None


class RetriesAsked(Asked):
    """Which submissions to grade again, of those that ended as service_failed."""

    assignment: Name | None = Field(default=None, description="Only for this assignment; all of the course by default.")
    limit: Annotated[int, Field(ge=1, le=200), WHOLE] = Field(default=100, description="Retry at most so many.")
    cursor: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="Where to go on: `next` of the answer before, as it is.",
    )
    course: Name | None = Field(default=None, description="For tokens with the scope admin; else the token's own.")


class RetriesTold(Told):
    """The submissions that wait again."""

    retried: list[str] = Field(description="Ids of the submissions that wait again.")
    next: str | None = Field(description="The cursor of the next request; null when no more are left.")


@noun.operation(
    "POST",
    "/submissions",
    scope=Scope.SUBMIT,
    answers={
        202: Answer(
            Receipt,
            says="Recorded; a verdict comes.",
            headers=ACCEPTED,
            leads=dict.fromkeys(
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
    problems=(UNKNOWN_ASSIGNMENT, KEY_MISSING, KEY_REUSED, STORAGE_FULL),
    bodies={_JSON: SubmissionAsked, "multipart/form-data": SubmissionForm},
)
def submit(header: Keyed) -> Response:
    """Hand in a submission.

    A later submission of the same student for the same assignment supersedes one that still waits.
    """
    given, here = handed(), service()
    course = caller().course(given.course)
    digest = sha256(given.source).hexdigest()
    key = claimed(header, course, given.assignment, given.student, given.filename, digest)
    revision = here.store.assignments.current(course, given.assignment)
    if revision is None:
        raise Problem(UNKNOWN_ASSIGNMENT, f"there is no assignment {given.assignment} in the course {course}")
    shares = (
        here.limits.by_token(caller().token.id),
        *here.limits.by_student(course, given.student, len(given.source)),
    )
    new = New(course, given.assignment, revision.id, given.student, given.filename, given.source, key, shares)
    accepted = here.intake.accept(new)
    state, against = State.QUEUED, revision.id
    if accepted.replayed:
        found = _visible(accepted.id)
        # Another revision may have been published since.
        state, against = found.state, found.revision
    receipt = Receipt(
        id=accepted.id,
        state=state,
        course=course,
        assignment=given.assignment,
        revision=against,
        student=given.student,
        source_sha256=digest,
    )
    return answers.accepted(receipt, f"{PREFIX}/submissions/{accepted.id}", replayed=accepted.replayed)


@noun.operation(
    "GET",
    "/submissions",
    scope=Scope.READ,
    answers={200: Answer(SummariesTold, says="A page, newest first.", paged=True)},
)
def list_submissions(query: SubmissionsQuery) -> Response:
    """List the submissions of a course."""
    course = caller().course(query.course)
    which = Filter(course, query.assignment, query.student, query.outcome, query.state)
    page = service().store.submissions.list(which, query.limit, query.cursor)
    items = [summary(each, caller()) for each in page.items]
    return answers.page(SummariesTold.model_construct(items=items, next=page.next_cursor), page.next_cursor)


@noun.operation(
    "GET",
    "/submissions/<submission_id>",
    scope=Scope.READ,
    answers={
        200: Answer(
            StatusTold,
            says="Where it is, and its verdict once there is one.",
            headers=TAGGED,
            other=tuple(form.content_type for form in FORMATS.values()),
        ),
    },
    problems=(NO_VERDICT, NOT_ACCEPTABLE),
)
def read_submission(path: SubmissionPath, query: SubmissionQuery) -> Response:
    """Read a submission, or its verdict in another form."""
    form = _form(query.format)
    found = _visible(path.submission_id)
    if query.wait and not found.state.terminal:
        found = awaited(found, query.wait) or _gone(path.submission_id)
    if form is None:
        return answers.thing(status(found, caller()))
    return answers.thing(_formed(found, form), content_type=form.content_type)


@noun.operation(
    "GET",
    "/submissions/<submission_id>/events",
    scope=Scope.READ,
    answers={
        200: Answer(says="A stream, to the last state.", other=("text/event-stream",)),
        204: Answer(says="The last event was already seen: there is no more."),
    },
    problems=(BUSY,),
)
def stream_submission(path: SubmissionPath) -> Response:
    """Follow a submission as server-sent events.

    Each event is named for the state; its data is what reading the submission answers.
    """
    found, asks = _visible(path.submission_id), caller()
    return stream(found, lambda latest: status(latest, asks))


@noun.operation(
    "GET",
    "/submissions/<submission_id>/source",
    scope=Scope.STAFF,
    answers={200: Answer(says="The file as it was handed in.", headers=TAGGED, other=("application/octet-stream",))},
)
def read_source(path: SubmissionPath) -> Response:
    """Read what was handed in."""
    return download(_visible(path.submission_id))


@noun.operation(
    "POST",
    "/submissions/<submission_id>/cancel",
    scope=Scope.SUBMIT,
    answers={200: Answer(StatusTold, says="Cancelled, or as it had ended before.")},
)
def cancel_submission(path: SubmissionPath) -> Response:
    """Cancel a submission that waits or runs; one that has ended stays as it is.

    A token without the scope `read` is shown no verdict.
    """
    found = service().store.submissions.cancel(_visible(path.submission_id).id)
    return answers.thing(status(found or _gone(path.submission_id), caller()))


@noun.operation(
    "POST",
    "/submissions/<submission_id>/retry",
    scope=Scope.STAFF,
    weight="submit",
    answers={200: Answer(StatusTold, says="It waits again, or as it was if it waits, runs or is done already.")},
    problems=(CONFLICT,),
)
def retry_submission(path: SubmissionPath) -> Response:
    """Grade a submission again that ended as `service_failed`.

    It keeps its id and its attempt, and callbacks are sent for its verdict as for any other. Asking twice grades it
    once. A submission that was cancelled or superseded is not graded: 409.
    """
    latest = service().intake.retry(_visible(path.submission_id).id)
    return answers.thing(status(latest or _gone(path.submission_id), caller()))


@noun.operation(
    "POST",
    "/retries",
    scope=Scope.STAFF,
    weight="submit",
    answers={200: Answer(RetriesTold, says="These wait again. While `next` is not null, there may be more.")},
)
def retry_submissions(body: RetriesAsked) -> Response:
    """Grade all submissions again that ended as `service_failed`, a page at a time, newest first.

    Repeat the request with the `next` of its answer as `cursor` until that is null. Asking twice grades each once.
    """
    try:
        retried = service().intake.retry_all(caller().course(body.course), body.assignment, body.limit, body.cursor)
    except BadCursor as error:
        raise Problem(INVALID, f"/cursor: {error}", errors=(Fault("pointer", "/cursor", str(error)),)) from None
    return answers.thing(RetriesTold(retried=list(retried.items), next=retried.next_cursor))


@noun.operation(
    "DELETE",
    "/submissions/<submission_id>",
    scope=Scope.STAFF,
    answers={204: Answer(says="It is gone, with its source and its verdicts.")},
)
def delete_submission(path: SubmissionPath) -> Response:
    """Delete a submission with all that belongs to it."""
    if not service().store.submissions.delete(_visible(path.submission_id).id):
        _gone(path.submission_id)
    return answers.nothing()


def download(found: Submission) -> Response:
    """What was handed in, as a file to be kept and not to be shown."""
    source = service().store.submissions.source(found.id)
    if source is None:
        detail = f"the file of the submission {found.id} is no longer kept: rejected files are kept for seven days"
        raise Problem(NOT_FOUND, detail)
    answer = answers.thing(source, content_type="application/octet-stream")
    # The one form of a name that may have any letters (RFC 6266).
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.filename, safe='')}"
    return answer


def _visible(submission: str) -> Submission:
    found = service().store.submissions.get(submission)
    if found is None or not caller().sees(found.course):
        _gone(submission)
    return found


def _gone(submission: str) -> NoReturn:
    raise Problem(NOT_FOUND, f"there is no submission {submission}")


def _form(asked: str | None) -> Format | None:
    """The form that is wanted; None is our own."""
    if asked is not None:
        return FORMATS.get(asked)
    if not request.accept_mimetypes:
        return None
    forms = {_JSON: None} | {form.content_type: form for form in FORMATS.values()}
    best = request.accept_mimetypes.best_match(list(forms))
    if best is None:
        raise Problem(NOT_ACCEPTABLE, f"a submission can be had as {', '.join(forms)}")
    return forms[best]


def _formed(found: Submission, form: Format) -> bytes:
    # As a student sees it, whoever asks: these systems show it to students.
    told = verdict(found, STUDENT)
    if told is not None:
        return form.render(found, told)
    if form.ungraded is not None:
        return form.ungraded(found)
    headers = {} if found.state.terminal else {"Retry-After": str(answers.LOOK_AFTER)}
    raise Problem(NO_VERDICT, f"the submission is {found.state} and has no verdict", headers=headers)
