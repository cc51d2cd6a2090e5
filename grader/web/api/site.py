"""The docs as a site, as `make docs` builds them: files, served under /docs."""

from pathlib import Path

from flask import Blueprint, Response, make_response, redirect, render_template, send_from_directory
from werkzeug.wrappers import Response as AnyResponse

pages = Blueprint("site", __name__)

#: What `make docs` builds, and the wheel ships.
FOLDER = Path(__file__).parents[1] / "site"
#: Only the site's own scripts, styles, pictures and index, and nothing inline. The search reads its index in a worker.
_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
#: Seconds for which a browser keeps a file without asking.
_KEPT_SECONDS = 600


@pages.app_template_global()
def has_docs() -> bool:
    """Return True if a site was built."""
    return (FOLDER / "index.html").is_file()


@pages.get("/docs")
def enter() -> AnyResponse:
    """Send on to the first page, beside which the others are."""
    return redirect("/docs/", 308)


@pages.get("/docs/", defaults={"name": ""})
@pages.get("/docs/<path:name>")
def read_file(name: str) -> Response:
    """Serve a file of the site, or the first page of a folder; where no site was built, say how to build one."""
    if not has_docs():
        response = make_response(render_template("no_docs.html"), 404)
    else:
        file = f"{name}index.html" if not name or name.endswith("/") else name
        response = send_from_directory(FOLDER, file, max_age=_KEPT_SECONDS)
    response.headers["Content-Security-Policy"] = _POLICY
    return response
