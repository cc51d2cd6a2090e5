"""A failed request as a page, for people with a browser."""

from http import HTTPStatus

from flask import Response, request
from werkzeug.exceptions import MethodNotAllowed, NotFound

from backmark.grader.web.http.problems import ProblemResponse
from backmark.grader.web.http.resource import PREFIX
from backmark.grader.web.pages.layout import page

#: Title and advice for people, by status; for others the problem's own title.
_ADVICE = {
    HTTPStatus.FORBIDDEN: ("You may not do this", ""),
    HTTPStatus.NOT_FOUND: ("There is nothing here", "The address may be mistyped, or what stood here was deleted."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("There is nothing here", "This address is not one to open like this."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        "That file is too large",
        "Clear the notebook's outputs, which take up most of its room, save it, and hand it in again.",
    ),
    HTTPStatus.TOO_MANY_REQUESTS: ("That was a bit much", "Wait a minute, then load this page again."),
    HTTPStatus.INSUFFICIENT_STORAGE: (
        "There is no room for this file",
        "Nothing was recorded. Clear the notebook's outputs, save it, and hand it in again, or tell the staff.",
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "Something broke on our side",
        "It is not your fault, and it is in the server's log. If it stays, tell the staff the number below.",
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "Not available just now",
        "Nothing was lost. Wait a few seconds, then load this page again.",
    ),
}
_STOCK = {NotFound.description, MethodNotAllowed.description}


def is_page_wanted() -> bool:
    """Return True if a problem should be a page: outside the API, for clients that ask for HTML before JSON."""
    if request.path.startswith(f"{PREFIX}/"):
        return False
    kinds = ["application/problem+json", "application/json", "text/html"]
    return request.accept_mimetypes.best_match(kinds) == "text/html"


def render(problem: ProblemResponse) -> Response:
    """Render a problem as a page."""
    title, advice = _ADVICE.get(HTTPStatus(problem.status), (problem.title, ""))
    # Flask's own text for a missing page adds nothing to the page.
    detail = "" if problem.detail in _STOCK else problem.detail
    answer = page("error_page.html", problem.status, title=title, advice=advice, problem=problem, detail=detail)
    answer.headers.update(problem.headers)
    return answer
