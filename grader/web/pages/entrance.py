"""The front door: staff sign in with a token and out again, and everybody else reads what this is."""

from flask import redirect, request
from werkzeug.wrappers import Response

from backmark.grader.model.records import Scope
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.sentences import UNKNOWN_TOKEN
from backmark.grader.web.pages.visitor import enter, leave, visitor
from backmark.grader.web.service import service

pages = Pages("entrance", __name__)

#: Characters of a token that are looked at; ours have 60.
_LONGEST = 200


@pages.get("/")
def home() -> Response:
    """Send staff to their courses, and show others a page that says what to do."""
    if visitor() is not None:
        return redirect("/courses", 303)
    return page("entrance/home.html")


@pages.get("/help")
def show_help() -> Response:
    """Show students how to hand in, and how to read a verdict."""
    return page("entrance/help.html", bare=True)


@pages.get("/sign-in")
def sign_in() -> Response:
    """Show the form for a token."""
    return page("entrance/sign_in.html", next=_next(request.args.get("next")), fault=None)


@pages.post("/sign-in")
def enter_with_token() -> Response:
    """Sign in, and go on to the page that was asked for."""
    target = _next(request.form.get("next"))
    token = service().store.tokens.verify(request.form.get("token", "").strip()[:_LONGEST])
    if token is None:
        fault = UNKNOWN_TOKEN
    elif not token.allows(Scope.ASSIST):
        fault = (
            f"This token allows only {' and '.join(sorted(token.scopes))}; these pages need the scope staff or assist."
        )
    else:
        enter(token)
        return redirect(target, 303)
    return page("entrance/sign_in.html", 403, next=target, fault=fault)


@pages.post("/sign-out")
def sign_out() -> Response:
    """Sign out."""
    leave()
    return redirect("/", 303)


def _next(path: str | None) -> str:
    """Return a path of this server; never another server's address, however it is written."""
    if path is None or not path.startswith("/") or path.startswith("//") or "\\" in path or not path.isprintable():
        return "/"
    return path
