"""Security headers of every response: nothing may be framed, sniffed, run or embedded by other sites."""

from flask import Flask, Response

#: JSON runs nothing and loads nothing; pages set a policy of their own.
_STRICT = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def install(app: Flask) -> None:
    """Add the headers to every response of `app`."""
    app.after_request(_add_security_headers)


def _add_security_headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", _STRICT)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
