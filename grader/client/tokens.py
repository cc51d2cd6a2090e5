"""Tokens of a server. For admins."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from grader.client.calls import Calls, gone, place
from grader.client.pages import Listing
from grader.client.records import Token
from grader.model.records import Scope


class Tokens:
    """`client.tokens`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def create(self, name: str, scopes: Iterable[Scope | str], expires_in: timedelta | None = None) -> Token:
        """A new token; its `secret` is in this answer and in no other."""
        body: dict[str, Any] = {"name": name, "scopes": sorted(map(Scope, scopes)), **self._calls.in_course()}
        if expires_in is not None:
            body["expires_in"] = round(expires_in.total_seconds())
        # Not asked again by itself: a token nobody saw the secret of would be left behind.
        return self._calls.post("/tokens", Token.read, body)

    def list(self) -> Listing[Token]:
        """The tokens of a course, without their secrets."""
        return self._calls.listing("/tokens", Token.read, self._calls.in_course())

    def revoke(self, token: str) -> None:
        """Make a token of no use, at once."""
        self._calls.delete(place("tokens", token), gone)
