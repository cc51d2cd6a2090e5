"""Idempotency-Key: the same key with the same request is the same answer, with another request a mistake."""

import json
from hashlib import sha256
from typing import Annotated

from flask import request
from pydantic import Field

from grader.web.http.auth import caller
from grader.web.http.problems import KEY_MISSING, Problem
from grader.web.http.schemas import Query
from grader.web.http.service import service


class Keyed(Query):
    """The header of what should be done once, however often it is asked for."""

    key: Annotated[str, Field(pattern=r"^[!-~]{1,255}$")] | None = Field(
        default=None,
        alias="Idempotency-Key",
        description="New for each thing that you ask for, such as a UUID. Asked again within a day, the same thing is "
        "answered, and nothing is done twice.",
    )


def claimed(header: Keyed, *fields: object) -> tuple[str, str, str, str] | None:
    """What the store compares: token, route, key, and a hash over the fields as they were understood."""
    if header.key is None:
        if service().settings.idempotency_required:
            raise Problem(KEY_MISSING, "send the header Idempotency-Key")
        return None
    fingerprint = sha256(json.dumps(fields).encode()).hexdigest()
    route = f"{request.method} {request.url_rule}"
    return caller().token.id, route, header.key, fingerprint
