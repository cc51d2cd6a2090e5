"""The one cookie: signed, it names a session of the store, and guards forms against others' sites."""

import hashlib
from datetime import timedelta

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface
from flask_wtf import CSRFProtect

from backmark.grader.settings.service import ServiceSettings
from backmark.grader.support.signing import derive_key

#: The time for which one stays signed in.
STAY = timedelta(hours=12)

#: Checks the forms of pages; the API has tokens and no cookies, and is none of its business.
guard = CSRFProtect()


class Cookies(SecureCookieSessionInterface):
    """Flask's own sessions, with the cookie over TLS only if there is TLS."""

    digest_method = staticmethod(hashlib.sha256)

    def get_cookie_secure(self, app: Flask) -> bool:
        """Return True if the public address is https, even if a proxy speaks it and this server does not."""
        return request.is_secure or bool(app.config["BACKMARK_HTTPS"])


def install(app: Flask, settings: ServiceSettings) -> None:
    """Give `app` its sessions; without a secret it has none, and pages that need them answer with a problem."""
    app.secret_key = derive_key(settings, "session")
    app.session_interface = Cookies()
    app.config.update(
        BACKMARK_HTTPS=settings.public_url is not None and settings.public_url.scheme == "https",
        SESSION_COOKIE_NAME="backmark",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=STAY,
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_CHECK_DEFAULT=False,
        # As long as the session itself: a form may lie open while somebody still writes the homework.
        WTF_CSRF_TIME_LIMIT=None,
        # It asks for a Referer, and our pages have browsers send none. The token in the form is the guard.
        WTF_CSRF_SSL_STRICT=False,
    )
    guard.init_app(app)
