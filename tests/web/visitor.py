"""A browser without scripts, of somebody of the staff."""

import re
from typing import Any

from flask import Flask
from werkzeug.test import Client, TestResponse

from backmark.grader.model.records import Scope
from backmark.grader.store.store import Store

HOME = "/courses/course"
HTML = {"Accept": "text/html"}


class Visitor:
    """A browser without scripts, of somebody of the staff."""

    def __init__(self, app: Flask, store: Store, course: str = "course", *scopes: Scope) -> None:
        self.client: Client = app.test_client()
        secret = store.tokens.create("test", course, frozenset(scopes or {Scope.STAFF}))[1]
        response = self.client.post("/sign-in", data={"token": secret, "csrf_token": self.proof("/sign-in")})
        assert response.status_code == 303

    def get(self, path: str, status: int = 200) -> str:
        """A page that answers so."""
        answer = self.client.get(path, headers=HTML)
        assert answer.status_code == status, answer.text
        return answer.text

    def read(self, path: str) -> str:
        """The words of a page, without the links that they are in."""
        return re.sub(r"</?a\b[^>]*>", "", self.get(path))

    def post(self, path: str, page: str = HOME, **fields: Any) -> TestResponse:
        """A form of a page, sent."""
        return self.client.post(path, headers=HTML, data={"csrf_token": self.proof(page), **fields})

    def proof(self, page: str) -> str:
        """Return the CSRF token of a page's form."""
        match = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get(page, headers=HTML).text)
        assert match is not None
        return match[1]
