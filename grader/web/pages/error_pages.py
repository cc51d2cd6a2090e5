"""A failed request as a page, for people with a browser."""

from http import HTTPStatus

from flask import Response, request
from werkzeug.exceptions import MethodNotAllowed, NotFound

from backmark.grader.web.http.problems import ProblemResponse
from backmark.grader.web.http.resource import PREFIX
from backmark.grader.web.pages.layout import page
from backmark.grader.web.pages.sentences import ERRORS

_STOCK = {NotFound.description, MethodNotAllowed.description}


def is_page_wanted() -> bool:
    """Return True if a problem should be a page: outside the API, for clients that ask for HTML before JSON."""
    if request.path.startswith(f"{PREFIX}/"):
        return False
    kinds = ["application/problem+json", "application/json", "text/html"]
    return request.accept_mimetypes.best_match(kinds) == "text/html"


def render(problem: ProblemResponse) -> Response:
    """Render a problem as a page."""
    title, advice = ERRORS.get(HTTPStatus(problem.status), (problem.title, ""))
    # Flask's own text for a missing page adds nothing to the page.
    detail = "" if problem.detail in _STOCK else problem.detail
    answer = page("error_page.html", problem.status, title=title, advice=advice, problem=problem, detail=detail)
    answer.headers.update(problem.headers)
    return answer
