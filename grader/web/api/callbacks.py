"""Callbacks: the endpoints that a course is notified at, and their deliveries."""

import time
from datetime import datetime

from flask import Response
from pydantic import Field

from backmark.grader.addresses import BadDestination, Destinations
from backmark.grader.model.records import Scope
from backmark.grader.store.callbacks import Delivery, DeliveryState, Endpoint, Event, TooManyEndpoints
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.problems import BUSY, CONFLICT, NOT_FOUND, TRY_AGAIN, Problem, invalid
from backmark.grader.web.http.resource import CREATED, PREFIX, TAGGED, Resource, ResponseDoc
from backmark.grader.web.http.responses import (
    respond_created,
    respond_empty,
    respond_page,
    respond_plain,
    respond_tagged,
)
from backmark.grader.web.http.schemas import (
    CourseQuery,
    Id,
    Name,
    Query,
    RequestModel,
    ResponseModel,
    moment,
    moment_or_none,
)
from backmark.grader.web.http.service import service

resource = Resource(
    "callbacks",
    __name__,
    description="Endpoints that are notified of a course's submissions, signed as Standard Webhooks.",
)

#: Hours for which the previous secret still signs after a rotation: the default, and the maximum.
_HOURS, _MOST_HOURS = 24, 168


class CallbackRequest(RequestModel):
    """An endpoint to create."""

    url: str = Field(
        max_length=2000,
        description="The URL to post to: https with a public address, unless this server allows others.",
    )
    events: list[Event] = Field(
        default=list(Event), min_length=1, max_length=20, description="The events to send; by default all."
    )
    course: Name | None = Field(
        default=None,
        description="The token's own course by default; only tokens with the scope admin may name another.",
    )


class CallbackResponse(ResponseModel):
    """An endpoint, without its secrets."""

    id: str
    course: str
    url: str
    events: list[Event]
    created_at: datetime
    disabled_at: datetime | None = Field(description="When it was disabled; nothing is sent since then.")
    disabled_reason: str | None
    previous_secret_until: datetime | None = Field(
        description="When the secret from before the last rotation stops signing."
    )


class CallbackCreated(CallbackResponse):
    """An endpoint with its new secret, which is shown only this once."""

    secret: str = Field(description="The secret that verifies signatures: whsec_ followed by base64.")


class CallbacksResponse(ResponseModel):
    """The endpoints of a course, newest first."""

    items: list[CallbackResponse]
    next: str | None = Field(default=None, description="Always null: the list is complete.")


class CallbackPath(RequestModel):
    """The path of an endpoint."""

    callback_id: Id


class RotationQuery(Query):
    """The query of a rotation."""

    hours: int = Field(
        default=_HOURS,
        ge=0,
        le=_MOST_HOURS,
        description="Hours for which the previous secret still signs; 0 ends it at once.",
    )


class DeliveriesQuery(Query):
    """The query of an endpoint's deliveries."""

    state: DeliveryState = Field(
        default=DeliveryState.FAILED, description="The state of the deliveries; by default those that were given up."
    )
    limit: int = Field(default=50, ge=1, le=200, description="The largest number of items to return.")
    cursor: str | None = Field(
        default=None, max_length=512, description="Where to continue: the `next` of the page before."
    )


class DeliveryResponse(ResponseModel):
    """The delivery of one event to one endpoint."""

    id: str = Field(description="The webhook-id of all its attempts.")
    event: Event
    submission: str
    state: DeliveryState
    attempts: int
    status: int | None = Field(description="The HTTP status of the receiver's last answer.")
    error: str | None = Field(description="The last error.")
    created_at: datetime
    next_at: datetime | None = Field(description="When the next attempt is due.")
    ended_at: datetime | None


class DeliveriesResponse(ResponseModel):
    """A page of deliveries, newest first."""

    items: list[DeliveryResponse]
    next: str | None = Field(description="The cursor of the next page; null if there is none.")


@resource.operation(
    "POST",
    "/callbacks",
    scope=Scope.STAFF,
    weight="submit",
    responses={
        201: ResponseDoc(
            CallbackCreated,
            description="Created; its secret is shown only this once.",
            headers=CREATED,
            links=dict.fromkeys(
                ("read_callback", "rotate_callback", "list_deliveries", "remove_callback"), "callback_id"
            ),
        )
    },
    problems=(CONFLICT,),
)
def create_callback(body: CallbackRequest) -> Response:
    """Create an endpoint that is called back.

    The URL's address is looked up now, and again before each post.
    """
    course = caller().course(body.course)
    _check_destination(body.url)
    try:
        endpoint, secret = service().store.callbacks.create(course, body.url, body.events, caller().author)
    except TooManyEndpoints as error:
        raise Problem(CONFLICT, str(error)) from None
    return respond_created(_render_with_secret(endpoint, secret), f"{PREFIX}/callbacks/{endpoint.id}")


@resource.operation(
    "GET",
    "/callbacks",
    scope=Scope.STAFF,
    responses={200: ResponseDoc(CallbacksResponse, description="The endpoints of a course.")},
)
def list_callbacks(query: CourseQuery) -> Response:
    """List the endpoints of a course."""
    endpoints = service().store.callbacks.endpoints(caller().course(query.course))
    return respond_page(CallbacksResponse(items=[_render(endpoint) for endpoint in endpoints]), None)


@resource.operation(
    "GET",
    "/callbacks/<callback_id>",
    scope=Scope.STAFF,
    responses={200: ResponseDoc(CallbackResponse, description="The endpoint.", headers=TAGGED)},
)
def read_callback(path: CallbackPath) -> Response:
    """Read an endpoint."""
    return respond_tagged(_render(_visible_endpoint(path.callback_id)))


@resource.operation(
    "POST",
    "/callbacks/<callback_id>/rotate",
    scope=Scope.STAFF,
    weight="submit",
    responses={
        200: ResponseDoc(
            CallbackCreated, description="The endpoint with its new secret, which is shown only this once."
        )
    },
)
def rotate_callback(path: CallbackPath, query: RotationQuery) -> Response:
    """Replace the secret of an endpoint.

    The previous secret still signs for a while: every post carries both signatures, so the receiver can switch at any
    time. Older secrets no longer sign.
    """
    endpoint = _visible_endpoint(path.callback_id)
    secret = service().store.callbacks.rotate(endpoint.id, query.hours, caller().author)
    if secret is None:
        raise _not_found(endpoint.id)
    return respond_plain(_render_with_secret(_visible_endpoint(endpoint.id), secret))


@resource.operation(
    "DELETE",
    "/callbacks/<callback_id>",
    scope=Scope.STAFF,
    responses={204: ResponseDoc(description="Removed; its pending deliveries are dropped.")},
)
def remove_callback(path: CallbackPath) -> Response:
    """Remove an endpoint."""
    if not service().store.callbacks.remove(_visible_endpoint(path.callback_id).id, caller().author):
        raise _not_found(path.callback_id)
    return respond_empty()


@resource.operation(
    "GET",
    "/callbacks/<callback_id>/deliveries",
    scope=Scope.STAFF,
    responses={200: ResponseDoc(DeliveriesResponse, description="A page, newest first.", paged=True)},
)
def list_deliveries(path: CallbackPath, query: DeliveriesQuery) -> Response:
    """List the deliveries to an endpoint: delivered, pending or failed."""
    endpoint = _visible_endpoint(path.callback_id)
    page = service().store.callbacks.deliveries(endpoint.id, query.state, query.limit, query.cursor)
    body = DeliveriesResponse(items=[_delivery(delivery) for delivery in page.items], next=page.next_cursor)
    return respond_page(body, page.next_cursor)


def _check_destination(url: str) -> None:
    """Raise Problem if callbacks may not go to a URL. Name servers may be slow, so a lookup takes a slot."""
    destinations = Destinations.of(service().settings)
    try:
        destination = destinations.read(url)
        with service().slots.hold() as has_slot:
            if not has_slot:
                detail = "the server holds as many open connections as it allows; nothing was created"
                raise Problem(BUSY, detail, headers={"Retry-After": str(TRY_AGAIN)})
            destinations.addresses(destination)
    except BadDestination as error:
        raise invalid("/url", str(error)) from None


def _visible_endpoint(endpoint_id: str) -> Endpoint:
    endpoint = service().store.callbacks.get(endpoint_id)
    if endpoint is None or not caller().sees(endpoint.course):
        raise _not_found(endpoint_id)
    return endpoint


def _not_found(endpoint_id: str) -> Problem:
    return Problem(NOT_FOUND, f"there is no callback {endpoint_id}")


def _fields(endpoint: Endpoint) -> dict[str, object]:
    until = endpoint.previous_until
    return {
        "id": endpoint.id,
        "course": endpoint.course,
        "url": endpoint.url,
        "events": endpoint.events,
        "created_at": moment(endpoint.created),
        "disabled_at": moment_or_none(endpoint.disabled),
        "disabled_reason": endpoint.reason,
        "previous_secret_until": None if until is None or until < time.time() else moment(until),
    }


def _render(endpoint: Endpoint) -> CallbackResponse:
    return CallbackResponse.model_validate(_fields(endpoint))


def _render_with_secret(endpoint: Endpoint, secret: str) -> CallbackCreated:
    return CallbackCreated.model_validate({**_fields(endpoint), "secret": secret})


def _delivery(delivery: Delivery) -> DeliveryResponse:
    return DeliveryResponse(
        id=delivery.id,
        event=delivery.event,
        submission=delivery.submission,
        state=delivery.state,
        attempts=delivery.attempts,
        status=delivery.status,
        error=delivery.error,
        created_at=moment(delivery.created),
        next_at=moment_or_none(delivery.due),
        ended_at=moment_or_none(delivery.ended),
    )
