"""The tokens of a server. For admins."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from backmark.grader.client.calls import Calls, no_value, path_of
from backmark.grader.client.pages import Listing
from backmark.grader.client.records import Token, reader
from backmark.grader.model.records import Scope


class TokenCalls:
    """The methods of `client.tokens`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def create(self, name: str, scopes: Iterable[Scope | str], expires_in: timedelta | None = None) -> Token:
        """Create a token; only this answer has its `secret`."""
        body: dict[str, Any] = {"name": name, "scopes": sorted(map(Scope, scopes)), **self._calls.in_course()}
        if expires_in is not None:
            body["expires_in"] = round(expires_in.total_seconds())
        # Never retried automatically: a token whose secret was never seen would be left behind.
        return self._calls.post("/tokens", reader(Token), body)

    def list(self) -> Listing[Token]:
        """Return the tokens of a course, without their secrets."""
        return self._calls.listing("/tokens", reader(Token), self._calls.in_course())

    def revoke(self, token: str) -> None:
        """Revoke a token immediately."""
        self._calls.delete(path_of("tokens", token), no_value)
