"""The response that carries a page: drawn from a template, never cached, with scripts and files of this server only."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, make_response, render_template, url_for

from backmark.grader.courses.times import list_zones
from backmark.grader.reports.html.style import STYLES
from backmark.grader.store.keys import EVERYONE
from backmark.grader.web.http.problems import NO_SECRET, Problem
from backmark.grader.web.pages import cookies, framing, lms_names, messages_view, words
from backmark.grader.web.pages.visitor import instructs, visitor
from backmark.grader.web.service import service

#: Nothing inline, nothing from elsewhere.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
)
#: Seconds that browsers keep a script or style: its address changes with it.
_KEPT = 30 * 86_400
#: The style sheets of verdicts, which reports and notebooks have, too.
_STYLES = Blueprint("styles", __name__, static_folder=STYLES, static_url_path="/styles")


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


def install(app: Flask) -> None:
    """Give templates `asset(name)`, `visitor()`, `instructs()`, `is_framed()`, `roster_names(course, students)`.

    `open_questions(course)` is the number of its questions that wait for an answer, `time_zones()` the zones to choose.

    The filters are those of `words`, and `course_title`; `everyone` is the course of revisions that ship.
    """
    app.register_blueprint(_STYLES)
    folders = {"static": Path(str(app.static_folder)), f"{_STYLES.name}.static": STYLES}
    assets = {
        file.name: (endpoint, sha256(file.read_bytes()).hexdigest()[:12])
        for endpoint, folder in folders.items()
        for file in folder.iterdir()
        if file.is_file()
    }

    def asset(name: str) -> str:
        endpoint, version = assets[name]
        return url_for(endpoint, filename=name, v=version)

    app.jinja_env.globals.update(asset=asset, visitor=visitor, instructs=instructs, is_framed=framing.is_framed)
    app.jinja_env.globals.update(open_questions=messages_view.open_questions)
    app.jinja_env.globals.update(roster_names=lms_names.roster_names, everyone=EVERYONE, time_zones=list_zones)
    app.jinja_env.filters.update(words.FILTERS, course_title=lms_names.course_title)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = _KEPT


def _need_secret() -> None:
    if service().settings.secret is None:
        raise Problem(NO_SECRET, "the setting BACKMARK_SECRET is missing, so no page can be signed in to or linked to")
