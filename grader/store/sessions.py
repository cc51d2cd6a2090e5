"""Sessions: who is signed in on a browser. A cookie names one, and signing out ends it, whoever has kept the cookie."""

import secrets
from typing import Any

from grader.store import keys
from grader.store.connection import Connection, text

#: Random bytes of an id.
_ID = 16


class Sessions:
    """One for each sign-in, until it is ended or its time is over."""

    def __init__(self, redis: Connection) -> None:
        self._redis = redis

    def start(self, token: str, seconds: int) -> str:
        """Start a session of the token of that id, and return the session's own id."""
        name = secrets.token_urlsafe(_ID)
        self._redis.set(keys.key("session", name), token, ex=seconds)
        return name

    def token(self, name: str) -> str | None:
        """Return the id of the session's token; None if there is no such session any more."""
        found: Any = self._redis.get(keys.key("session", name))
        return None if found is None else text(found)

    def end(self, name: str) -> None:
        """End the session."""
        self._redis.delete(keys.key("session", name))
