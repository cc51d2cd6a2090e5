"""What all templates can use: addresses of files, names, filters, and who looks."""

from hashlib import sha256
from pathlib import Path

from flask import Blueprint, Flask, url_for

from backmark.grader.courses.times import list_zones
from backmark.grader.reports.html.style import STYLES
from backmark.grader.store.keys import EVERYONE
from backmark.grader.web.http import framing
from backmark.grader.web.pages import lms_names, messages_view, words
from backmark.grader.web.pages.visitor import instructs, visitor

#: Seconds that browsers keep a script or style: its address changes with it.
_KEPT = 30 * 86_400
#: The style sheets of verdicts, which reports and notebooks have, too.
_STYLES = Blueprint("styles", __name__, static_folder=STYLES, static_url_path="/styles")


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
