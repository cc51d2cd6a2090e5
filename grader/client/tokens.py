"""Tokens of a server. For admins."""

from collections.abc import Iterable
from datetime import datetime

from grader.client.calls import Calls, gone, place
from grader.client.pages import Listing
from grader.client.records import Token
from grader.store.records import Scope


class Tokens:
    """`client.tokens`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def create(self, name: str, scopes: Iterable[Scope | str], expires: datetime | None = None) -> Token:
        """A new token; its `secret` is in this answer and in no other."""
        body = {"name": name, "scopes": sorted(Scope(each) for each in scopes)}
        if self._calls.course is not None:
            body["course"] = self._calls.course
        if expires is not None:
            body["expires_at"] = expires.isoformat()
        # Not asked again by itself: a token nobody saw the secret of would be left behind.
        return self._calls.post("/tokens", Token.read, body)

    def list(self) -> Listing[Token]:
        """The tokens of a course, without their secrets."""
        return self._calls.listing("/tokens", Token.read, self._calls.in_course())

    def revoke(self, token: str) -> None:
        """Make a token of no use, at once."""
        self._calls.delete(place("tokens", token), gone)
