"""Health and readiness of the service, for supervisors and load balancers."""

from flask import Response

from backmark.grader.model.records import Scope
from backmark.grader.web.http.problems import TRY_AGAIN
from backmark.grader.web.http.resource import Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_plain
from backmark.grader.web.http.schemas import ResponseModel
from backmark.grader.web.usecases.readiness import (
    PartsResponse,
    read_parts,
)

resource = Resource("health", __name__, description="Health and readiness of the service. Needs no token.", prefix="")

_OPEN: Scope | None = None


class HealthResponse(ResponseModel):
    """The health of a process that answers."""

    ok: bool


class ReadinessResponse(ResponseModel):
    """The readiness of the service to accept and grade submissions."""

    ok: bool
    parts: PartsResponse


@resource.operation(
    "GET", "/healthz", scope=_OPEN, responses={200: ResponseDoc(HealthResponse, description="The process is alive.")}
)
def read_health() -> Response:
    """Check that this process is alive, whatever the state of the other parts."""
    return respond_plain(HealthResponse(ok=True))


@resource.operation(
    "GET",
    "/readyz",
    scope=_OPEN,
    responses={
        200: ResponseDoc(ReadinessResponse, description="The service is ready."),
        503: ResponseDoc(
            ReadinessResponse,
            description="A part is not ready; `parts` has the reasons.",
            headers={"Retry-After": "Seconds to wait."},
        ),
    },
)
def read_readiness() -> Response:
    """Check if the service is ready, and which part is not."""
    parts = read_parts()
    ready = ReadinessResponse(
        ok=parts.redis.ok and parts.workers.ok and parts.sweeper.ok and parts.storage.ok, parts=parts
    )
    response = respond_plain(ready, 200 if ready.ok else 503)
    if not ready.ok:
        response.headers["Retry-After"] = str(TRY_AGAIN)
    return response
