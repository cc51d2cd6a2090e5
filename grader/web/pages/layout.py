"""The response that carries a page: drawn from a template, never cached, with scripts and files of this server only."""

from typing import Any

from flask import Blueprint, Response, current_app, make_response, render_template

from backmark.grader.web.http import framing
from backmark.grader.web.http.problems import NO_SECRET, Problem
from backmark.grader.web.pages import cookies

#: Nothing inline, nothing from elsewhere.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
)


class Pages(Blueprint):
    """A blueprint of pages: they need the secret, their forms are guarded, and they go out under the policy.

    With `guarded` false its views guard their forms themselves: it means reading the whole form.
    """

    def __init__(self, name: str, import_name: str, *, guarded: bool = True) -> None:
        super().__init__(name, import_name)
        self.before_request(_need_secret)
        if guarded:
            self.before_request(cookies.guard.protect)


def page(template: str, status: int = 200, *, posts_to: str = "'self'", **values: Any) -> Response:
    """Render a page as a response; its forms go to `posts_to`, and it is in nobody's frame unless `framing` allows."""
    answer = make_response(render_template(template, **values), status)
    answer.headers["Content-Security-Policy"] = (
        f"{_POLICY}form-action {posts_to}; frame-ancestors {framing.ancestors()}"
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _need_secret() -> None:
    if current_app.secret_key is None:
        raise Problem(NO_SECRET, "the setting BACKMARK_SECRET is missing, so no page can be signed in to or linked to")
