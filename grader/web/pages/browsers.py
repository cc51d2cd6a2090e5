"""Browsers on class links: each has a signed cookie of its own, since the name that is typed there proves nothing."""

from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe

from flask import current_app, request
from itsdangerous import BadData
from werkzeug.wrappers import Response

from backmark.grader.web.http import signing
from backmark.grader.web.service import service

_COOKIE, _PURPOSE = "backmark-browser", "browser"
#: The path that it is sent to.
_PATH = "/hand-in"
#: Hexadecimal digits that stand for a browser behind a name.
_DIGITS = 12


def read_id() -> str | None:
    """Return this browser's id, which cannot be guessed; None if it has none that we signed."""
    try:
        return str(signing.serializer(_PURPOSE).loads(request.cookies.get(_COOKIE, "")))
    except BadData:
        return None


def make_id() -> str:
    """Return an id for a browser that has none."""
    return token_urlsafe(16)


def remember(answer: Response, browser: str) -> None:
    """Have the browser keep its id, as long as links hold."""
    answer.set_cookie(
        _COOKIE,
        str(signing.serializer(_PURPOSE).dumps(browser)),
        max_age=timedelta(days=service().settings.link_days),
        path=_PATH,
        secure=current_app.session_interface.get_cookie_secure(current_app),
        httponly=True,
        samesite="Lax",
    )


def qualify_name(student: str, browser: str) -> str:
    """Return the name of `student` on this browser: no other browser can have it, and no verified student has it."""
    return f"{student}!{sha256(browser.encode()).hexdigest()[:_DIGITS]}"
