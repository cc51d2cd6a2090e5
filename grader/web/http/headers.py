"""Headers that every answer has: nothing from here is framed, sniffed, run or kept by others."""

from flask import Flask, Response

#: JSON runs nothing and loads nothing; pages say otherwise for themselves.
_STRICT = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def install(app: Flask) -> None:
    """Put them on every answer of `app`."""
    app.after_request(_secured)


def _secured(answer: Response) -> Response:
    answer.headers.setdefault("Content-Security-Policy", _STRICT)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer
