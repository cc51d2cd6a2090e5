"""Sessions of signed-in browsers. A cookie names one; signing out ends it, even for copies of the cookie."""

import secrets
from typing import Any

from backmark.grader.store import keys
from backmark.grader.store.connection import Connection, text

#: Random bytes of an id.
_ID = 16


class Sessions:
    """A session for each sign-in, until it is ended or expires."""

    def __init__(self, redis: Connection) -> None:
        self._redis = redis

    def start(self, token: str, seconds: int) -> str:
        """Start a session of a token, by the token's id, and return the session's own id."""
        name = secrets.token_urlsafe(_ID)
        self._redis.set(keys.key("session", name), token, ex=seconds)
        return name

    def token(self, name: str) -> str | None:
        """Return the id of the session's token, or None if the session has ended."""
        stored: Any = self._redis.get(keys.key("session", name))
        return None if stored is None else text(stored)

    def end(self, name: str) -> None:
        """End a session."""
        self._redis.delete(keys.key("session", name))
