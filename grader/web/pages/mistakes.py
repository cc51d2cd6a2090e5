"""What went wrong with a request, as a page for whoever looks with a browser."""

from http import HTTPStatus

from flask import Response, request
from werkzeug.exceptions import MethodNotAllowed, NotFound

from grader.web.http.problems import ProblemResponse
from grader.web.http.resource import PREFIX
from grader.web.pages.layout import page

#: What a person is told, by status; else the problem's own title.
_SAID = {
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


def wanted() -> bool:
    """Whether a problem should be a page: outside the API, for whoever asks for HTML before JSON."""
    if request.path.startswith(f"{PREFIX}/"):
        return False
    kinds = ["application/problem+json", "application/json", "text/html"]
    return request.accept_mimetypes.best_match(kinds) == "text/html"


def drawn(told: ProblemResponse) -> Response:
    """A problem as a page."""
    title, advice = _SAID.get(HTTPStatus(told.status), (told.title, ""))
    # Flask's own words for what is not there say nothing that the page has not said.
    detail = "" if told.detail in _STOCK else told.detail
    answer = page("mistake.html", told.status, title=title, advice=advice, told=told, detail=detail)
    answer.headers.update(told.headers)
    return answer
