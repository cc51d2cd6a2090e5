"""The handlers that turn every failure of a request into a problem: the one place that knows which error is which."""

import logging
from uuid import uuid4

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFError
from gunicorn.http.errors import NoMoreData, ParseException  # type: ignore[import-untyped]
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from backmark.grader.courses.limits import Bar
from backmark.grader.courses.refusals import ARCHIVED
from backmark.grader.errors import HandInBarred, StoreUnavailable, SubmissionError
from backmark.grader.store.errors import (
    BadCursor,
    IdempotencyMismatch,
    LinkEnded,
    MessageRefused,
    NothingToAsk,
    NotRetryable,
    ShareUsedUp,
    StorageFull,
    WrongPhase,
)
from backmark.grader.web.http import problems
from backmark.grader.web.http.limits import too_many
from backmark.grader.web.http.problems import (
    MAKE_ROOM,
    TRY_AGAIN,
    Problem,
    ProblemResponse,
    RequestFault,
    problem_response,
)
from backmark.grader.web.pages import error_pages

_log = logging.getLogger(__name__)

#: Statuses that Flask itself answers with, by the kind of problem that they are.
_BY_STATUS = {
    400: problems.MALFORMED,
    404: problems.NOT_FOUND,
    405: problems.METHOD_NOT_ALLOWED,
    406: problems.NOT_ACCEPTABLE,
    413: problems.TOO_LARGE,
    415: problems.UNSUPPORTED_MEDIA_TYPE,
}

#: The kinds of problem that refusals to take a file are, by their reason.
_BY_BAR: dict[str, problems.ProblemKind] = {
    ARCHIVED: problems.CLOSED,
    Bar.NOT_OPEN: problems.NOT_OPEN,
    Bar.CLOSED: problems.CLOSED,
    Bar.NO_ATTEMPTS_LEFT: problems.NO_ATTEMPTS_LEFT,
}


def install(app: Flask) -> None:
    """Answer every failure of `app` as a problem."""
    app.register_error_handler(Problem, lambda error: _respond(problem_response(error)))
    app.register_error_handler(StoreUnavailable, _handle_unavailable)
    app.register_error_handler(SubmissionError, _handle_refused_file)
    app.register_error_handler(HandInBarred, _handle_barred)
    app.register_error_handler(LinkEnded, _handle_ended_link)
    app.register_error_handler(BadCursor, _handle_bad_cursor)
    app.register_error_handler(IdempotencyMismatch, _handle_key_reuse)
    app.register_error_handler(WrongPhase, _handle_conflict)
    app.register_error_handler(NotRetryable, _handle_conflict)
    app.register_error_handler(NothingToAsk, _handle_conflict)
    app.register_error_handler(MessageRefused, _handle_conflict)
    app.register_error_handler(ShareUsedUp, _handle_used_up_share)
    app.register_error_handler(StorageFull, _handle_full_storage)
    app.register_error_handler(CSRFError, _handle_stale_form)
    app.register_error_handler(ParseException, _handle_broken_body)
    app.register_error_handler(NoMoreData, _handle_broken_body)
    app.register_error_handler(HTTPException, _handle_flask_error)
    app.register_error_handler(Exception, _handle_unexpected)


def _handle_unavailable(error: StoreUnavailable) -> Response:
    _log.warning("a request could not be answered: %s", error)
    # If only its answer was lost, all of it was recorded.
    detail = (
        "the store does not answer, and the request was recorded wholly or not at all: send the same request again, "
        "with the same Idempotency-Key"
    )
    return _respond(problem_response(Problem(problems.UNAVAILABLE, detail, headers={"Retry-After": str(TRY_AGAIN)})))


def _handle_refused_file(error: SubmissionError) -> Response:
    return _respond(problem_response(Problem(problems.FILE_FORMAT, str(error))))


def _handle_barred(error: HandInBarred) -> Response:
    return _respond(problem_response(Problem(_BY_BAR[error.reason], str(error))))


def _handle_ended_link(error: LinkEnded) -> Response:
    return _respond(problem_response(Problem(problems.LINK_ENDED, str(error))))


def _handle_bad_cursor(error: BadCursor) -> Response:
    fault = RequestFault("parameter", "cursor", str(error))
    return _respond(problem_response(Problem(problems.INVALID, f"cursor: {error}", errors=(fault,))))


def _handle_key_reuse(error: IdempotencyMismatch) -> Response:
    return _respond(problem_response(Problem(problems.KEY_REUSED, str(error))))


def _handle_conflict(error: WrongPhase | NotRetryable | NothingToAsk | MessageRefused) -> Response:
    return _respond(problem_response(Problem(problems.CONFLICT, str(error))))


def _handle_used_up_share(error: ShareUsedUp) -> Response:
    return _respond(problem_response(too_many(str(error), error.wait)))


def _handle_full_storage(error: StorageFull) -> Response:
    return _respond(
        problem_response(Problem(problems.STORAGE_FULL, str(error), headers={"Retry-After": str(MAKE_ROOM)}))
    )


def _handle_stale_form(error: CSRFError) -> Response:
    return _respond(problem_response(Problem(problems.STALE_FORM, str(error.description))))


def _handle_broken_body(error: Exception) -> Response:
    """Answer a body that is cut off, which the web server notices while the request is being answered."""
    detail = f"the body is cut off, or is not valid HTTP: {error}"
    return _respond(problem_response(Problem(problems.MALFORMED, detail)))


def _handle_flask_error(error: HTTPException) -> Response:
    status = error.code or 500
    detail = error.description or error.name
    headers = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    kind = _BY_STATUS.get(status)
    if kind is None:
        return _respond(ProblemResponse("about:blank", error.name, status, detail, headers=headers))
    if isinstance(error, RequestEntityTooLarge):
        detail = f"the body may have {request.max_content_length} bytes"
        if request.mimetype == "multipart/form-data":
            detail += f", in {request.max_form_parts} parts, each {request.max_form_memory_size} unless it is a file"
    return _respond(problem_response(Problem(kind, detail, headers=headers)))


def _handle_unexpected(error: Exception) -> Response:
    instance = f"urn:uuid:{uuid4()}"
    _log.error("%s: an error that nobody expected", instance, exc_info=error)
    kind = problems.UNEXPECTED
    return _respond(ProblemResponse(kind.type, kind.title, kind.status, kind.meaning, instance=instance))


def _respond(problem: ProblemResponse) -> Response:
    """Return the problem as a page for browsers, else as RFC 9457 defines it."""
    return error_pages.render(problem) if error_pages.is_page_wanted() else problem.response()
