"""The API's own documentation: the OpenAPI document, a page to read it, and a page for each type of problem."""

from importlib import resources
from typing import cast

from flask import Blueprint, Response, current_app, json, make_response, render_template, send_from_directory
from flask_openapi3.openapi import OpenAPI

from grader.web.http import responses as answers
from grader.web.http.problems import KINDS, NOT_FOUND, Problem
from grader.web.http.resource import PREFIX

pages = Blueprint("documents", __name__)

ABOUT = """Submissions go in, verdicts come out. Every request needs a token: `Authorization: Bearer bmk_...`.

What a worker has to do is answered with `202`, with `Location` to look at and `Retry-After`. Whatever goes wrong is
`application/problem+json`, of one of the types at [/problems](/problems)."""

#: The page's script and style come with the wheel of flask-openapi3's page.
_ASSETS = str(resources.files("flask_openapi3_swagger") / "templates" / "swagger")
#: Scripts, styles and requests of our own only, and nothing inline; the style sheet has its icons within.
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
#: Seconds that a browser keeps script and style.
_KEPT = 86_400


@pages.get(f"{PREFIX}/openapi.json")
def read_openapi() -> Response:
    """The OpenAPI document."""
    told = json.dumps(cast("OpenAPI", current_app).api_doc).encode()
    return answers.thing(told)


@pages.get(f"{PREFIX}/docs")
def read_docs() -> Response:
    """The same for people."""
    return _page("docs.html")


@pages.get(f"{PREFIX}/docs/<path:name>")
def read_asset(name: str) -> Response:
    """A script or style of that page."""
    return send_from_directory(_ASSETS, name, max_age=_KEPT)


@pages.get("/problems")
def list_problems() -> Response:
    """Every type of problem."""
    return _page("problems.html", kinds=KINDS)


@pages.get("/problems/<slug>")
def read_problem(slug: str) -> Response:
    """What a type of problem means."""
    kind = next((each for each in KINDS if each.slug == slug), None)
    if kind is None:
        raise Problem(NOT_FOUND, f"there is no type of problem {slug}")
    return _page("problems.html", kinds=(kind,))


def _page(template: str, **values: object) -> Response:
    answer = make_response(render_template(template, **values))
    answer.headers["Content-Security-Policy"] = _PAGE
    return answer
