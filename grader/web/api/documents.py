"""The API's documentation: the OpenAPI document, a page that shows it, and a page for each type of problem."""

from importlib import resources
from typing import cast

from flask import Blueprint, Response, current_app, json, make_response, render_template, send_from_directory
from flask_openapi3.openapi import OpenAPI

from backmark.grader.web.http.problems import KINDS, NOT_FOUND, Problem
from backmark.grader.web.http.resource import PREFIX
from backmark.grader.web.http.responses import respond_tagged

pages = Blueprint("documents", __name__)

ABOUT = """Submissions go in, verdicts come out. Every request needs a token: `Authorization: Bearer bmk_...`.

A request that needs a worker is answered with `202`, `Location` and `Retry-After`. Every error is
`application/problem+json`, of one of the types at [/problems](/problems)."""

#: The page's script and style come from the wheel of flask-openapi3's page.
_ASSETS = str(resources.files("flask_openapi3_swagger") / "templates" / "swagger")
#: Only our own scripts, styles and requests, and nothing inline; the style sheet contains its icons.
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
#: Seconds for which a browser caches script and style.
_CACHE_SECONDS = 86_400


@pages.get(f"{PREFIX}/openapi.json")
def read_openapi() -> Response:
    """Serve the OpenAPI document."""
    return respond_tagged(json.dumps(cast("OpenAPI", current_app).api_doc).encode())


@pages.get(f"{PREFIX}/docs")
def read_docs() -> Response:
    """Serve the documentation page for people."""
    return _render_page("docs.html")


@pages.get(f"{PREFIX}/docs/<path:name>")
def read_asset(name: str) -> Response:
    """Serve a script or style of the documentation page."""
    return send_from_directory(_ASSETS, name, max_age=_CACHE_SECONDS)


@pages.get("/problems")
def list_problems() -> Response:
    """List every type of problem."""
    return _render_page("problems.html", kinds=KINDS)


@pages.get("/problems/<slug>")
def read_problem(slug: str) -> Response:
    """Explain a type of problem."""
    kind = next((known for known in KINDS if known.slug == slug), None)
    if kind is None:
        raise Problem(NOT_FOUND, f"there is no problem type {slug}")
    return _render_page("problems.html", kinds=(kind,))


def _render_page(template: str, **values: object) -> Response:
    response = make_response(render_template(template, **values))
    response.headers["Content-Security-Policy"] = _PAGE
    return response
