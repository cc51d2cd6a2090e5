"""The visitor of a page: staff who signed in with a token, or somebody with a link."""

from urllib.parse import quote

from flask import abort, g, redirect, request, session

from backmark.grader.model.records import Scope
from backmark.grader.model.tokens import TokenRecord
from backmark.grader.web.http.auth import Caller
from backmark.grader.web.http.problems import FORBIDDEN, NOT_FOUND, Problem
from backmark.grader.web.pages.cookies import STAY
from backmark.grader.web.service import service

_SESSION = "session"


def visitor() -> Caller | None:
    """Return staff who are signed in, as the API knows them, or None. The store is asked once a request."""
    if "visitor" not in g:
        name, store = session.get(_SESSION), service().store
        number = store.sessions.token(name) if isinstance(name, str) else None
        token = None if number is None else store.tokens.valid(number)
        g.visitor = Caller(token) if token is not None and token.allows(Scope.ASSIST) else None
    caller: Caller | None = g.visitor
    return caller


def instructs() -> bool:
    """Return True if an instructor looks, who may do what assistants may not."""
    caller = visitor()
    return caller is not None and caller.instructs


def signed_in(weight: str = "read") -> Caller:
    """Return the signed-in staff of any course, or redirect to the sign-in page. `weight`: see `staff`."""
    caller = visitor()
    if caller is None:
        back = request.full_path.rstrip("?") if request.method == "GET" else "/"
        abort(redirect(f"/sign-in?next={quote(back, safe='')}", 303))
    service().limits.count(caller.token.id, weight)
    g.caller = caller
    return caller


def staff(course: str, weight: str = "read") -> Caller:
    """Return the signed-in staff, or redirect to the sign-in page; raise Problem for a course that they may not see.

    Every staff page calls this first, or `instructor`.

    From then on `backmark.grader.web.http.auth.caller` answers as in the API. `weight` is the limit that the request
    counts against.
    """
    caller = signed_in(weight)
    if not caller.sees(course):
        raise Problem(NOT_FOUND, f"there is no course {course}")
    return caller


def instructor(course: str, weight: str = "submit") -> Caller:
    """Return the signed-in instructor as `staff` does; raise Problem for an assistant."""
    caller = staff(course, weight)
    if not caller.instructs:
        raise Problem(
            FORBIDDEN,
            "only instructors may do this; assistants see a course without solutions, and give extensions and marks",
        )
    return caller


def operator() -> Caller:
    """Return the signed-in operator as `signed_in` does; raise Problem for others."""
    caller = signed_in()
    if not caller.operates:
        raise Problem(FORBIDDEN, "only operators of the service may see this: sign in with a token of the scope admin")
    return caller


def enter(token: TokenRecord) -> None:
    """Sign in with a new session: nothing of an earlier visitor's is left."""
    session.clear()
    session.permanent = True
    session[_SESSION] = service().store.sessions.start(token.id, int(STAY.total_seconds()))
    g.pop("visitor", None)


def leave() -> None:
    """Sign out: a copy of the cookie is of no use from now on."""
    name = session.get(_SESSION)
    if isinstance(name, str):
        service().store.sessions.end(name)
    session.clear()
    g.pop("visitor", None)
