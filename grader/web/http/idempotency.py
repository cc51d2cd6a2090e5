"""Idempotency-Key: a repeated request with the same key gets the same answer; a different one is refused."""

import json
from hashlib import sha256
from typing import Annotated

from flask import Flask, current_app, request
from pydantic import Field

from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.problems import KEY_MISSING, Problem
from backmark.grader.web.http.schemas import Query

_REQUIRED = "BACKMARK_IDEMPOTENCY_REQUIRED"


class IdempotencyHeader(Query):
    """The header of a request that must take effect once, however often it is sent."""

    key: Annotated[str, Field(pattern=r"^[!-~]{1,255}$")] | None = Field(
        default=None,
        alias="Idempotency-Key",
        description="A new value for each request, such as a UUID. If you repeat a request with its value within a "
        "day, you get the same answer and nothing is done twice.",
    )


def install(app: Flask, *, required: bool) -> None:
    """Have the requests of an application refused that should have a key and have none, if it is required."""
    app.config[_REQUIRED] = required


def idempotency_claim(header: IdempotencyHeader, *fields: object) -> tuple[str, str, str, str] | None:
    """Return what identifies the request in the store: token, route, key, and a hash over the parsed fields."""
    if header.key is None:
        if current_app.config[_REQUIRED]:
            raise Problem(KEY_MISSING, "send the header Idempotency-Key")
        return None
    fingerprint = sha256(json.dumps(fields).encode()).hexdigest()
    route = f"{request.method} {request.url_rule}"
    return caller().token.id, route, header.key, fingerprint
