"""Asks the application as a client would, with a token."""

import io
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from backmark.grader.model.records import Scope
from backmark.grader.store.store import Store

SOURCE = "def backward_pass(all_weights, all_biases, all_f, all_h, y):\n    return all_weights, all_biases\n"


@dataclass(frozen=True, slots=True)
class Asker:
    """A client with a token."""

    app: Flask
    secret: str

    @classmethod
    def with_token(cls, app: Flask, store: Store, course: str, *scopes: Scope) -> "Asker":
        """One whose token was made for the occasion."""
        return cls(app, store.tokens.create("test", course, frozenset(scopes))[1])

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **options: Any) -> TestResponse:
        """The answer; `path` is below /api/v1 unless it starts there, `options` are werkzeug's."""
        address = path if path.startswith("//") else f"/api/v1{path}"
        client = self.app.test_client()
        all_headers = {"Authorization": f"Bearer {self.secret}"} | (headers or {})
        return client.open(address.replace("//", "/"), method=method, headers=all_headers, **options)

    def get(self, path: str, headers: dict[str, str] | None = None, **options: Any) -> TestResponse:
        """GET."""
        return self.ask("GET", path, headers, **options)

    def post(self, path: str, headers: dict[str, str] | None = None, **options: Any) -> TestResponse:
        """POST; `json` is the body."""
        return self.ask("POST", path, headers, **options)

    def delete(self, path: str) -> TestResponse:
        """DELETE."""
        return self.ask("DELETE", path)

    def submit(self, student: str = "ada", headers: dict[str, str] | None = None, **fields: Any) -> TestResponse:
        """Hand something in as JSON; `fields` override or add."""
        body = {"assignment": "udl-7.2", "student": student, "filename": "answer.py", "source": SOURCE} | fields
        return self.post("/submissions", headers, json=body)

    def upload(self, source: bytes = SOURCE.encode(), name: str = "answer.py", **fields: str) -> TestResponse:
        """Hand something in as a form with a file."""
        form = {"assignment": "udl-7.2", "student": "ada"} | fields
        return self.post("/submissions", data=form | {"file": (io.BytesIO(source), name)})
