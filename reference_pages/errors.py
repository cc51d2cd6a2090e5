"""The page of all types of problems, made from those that the server explains at /problems."""

from backmark.grader.web.http.problems import KINDS
from reference_pages.markdown import table

_HEAD = """\
# Errors of the HTTP API

The answer to every error is `application/problem+json` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)), also for
unknown addresses and internal errors. (Outside `/api/v1`, clients that prefer HTML to JSON, as browsers do, get a page
that says the same.) Made from the code by `python -m reference_pages`.

    HTTP/1.1 422 Unprocessable Content
    Content-Type: application/problem+json

    {"type": "/problems/invalid", "title": "The request is invalid", "status": 422,
     "detail": "/student: Input should be a valid string",
     "errors": [{"pointer": "/student", "detail": "Input should be a valid string"}]}

- `type` is for programs to compare. It is stable, and the server explains it at that path (`/problems` lists all).
- `detail` is for people and may change. `instance`, if present, is the id of the error in the server's log.
- `errors` lists everything that is wrong with a request, each with its place: `pointer` into the body (RFC 6901; the
  fields of a form are `/name`), `parameter` of the query, or `header`.
- `Retry-After` is sent if a later retry may succeed: with 429, 503 and 507, and with the 409 of a submission that is
  not graded yet.

The server checks a request in this order: token, scope, rate, path, query, headers and body. For a submission it then
checks the assignment's policy, and the limits of the student and of the token. So a request without a valid token gets
401 whatever else is wrong, and counts against no token. Only accepted submissions count against the limits of a student
and a token, and repeating an `Idempotency-Key` does not count again. [Limits](../operator/limits.md) has the figures.

"""
_TAIL = """\
A status that is not in this table comes from the web server in front or has the type `about:blank`; its title is the
status's own name. Examples are 414 and 431, for an address or a header that is too long.

What to send again, and when, is in [the HTTP API](../developer/http.md#asking-again).
"""


def write_page() -> str:
    """Return the page: a table with a row for each type."""
    rows = ((f"`{kind.type}`", str(int(kind.status)), kind.title, kind.meaning) for kind in KINDS)
    return _HEAD + table(("type", "status", "title", "what happened, and what to do"), rows) + _TAIL
