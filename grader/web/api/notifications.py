"""Notifications: the addresses that a course's events are posted to, and their deliveries."""

import time

from flask import Response
from pydantic import BaseModel, Field

from backmark.grader.model.notifications import Delivery, DeliveryState, Notification
from backmark.grader.model.records import Scope
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.nouns import extend_response, list_model, request_model, response_model, serve
from backmark.grader.web.http.problems import CONFLICT, Problem
from backmark.grader.web.http.resource import CREATED, PREFIX, TAGGED, Resource, ResponseDoc
from backmark.grader.web.http.responses import (
    respond_created,
    respond_empty,
    respond_list,
    respond_plain,
    respond_tagged,
)
from backmark.grader.web.http.schemas import CourseQuery, Id, Name, Query, RequestModel
from backmark.grader.web.service import service
from backmark.grader.web.usecases.notifications import (
    _not_found,
    create,
    send_test,
    visible_notification,
)

resource = Resource(
    "notifications",
    __name__,
    description="Addresses to which a course's events are posted. Their paths keep an earlier name: callbacks.",
)

#: Hours for which the previous secret still signs after a rotation: the default, and the maximum.
_HOURS, _MOST_HOURS = 24, 168

_ListResponse = list_model(Notification, "The notifications of a course, newest first.")
_DeliveriesResponse = list_model(Delivery, "A page of deliveries, newest first.", name="DeliveriesResponse", paged=True)
_Created = extend_response(
    Notification,
    "NotificationCreated",
    "A notification with its new secret, which is shown only this once.",
    secret=(
        str | None,
        Field(
            description="The secret that verifies signatures: whsec_ followed by base64. Null: its kind does not sign."
        ),
    ),
)


class NotificationRequest(request_model(Notification)):  # type: ignore[misc] # made of the noun
    """A notification to create."""

    course: Name | None = Field(
        default=None,
        description="The token's own course by default; only tokens with the scope admin may name another.",
    )


class NotificationPath(RequestModel):
    """The path of a notification."""

    notification_id: Id


class RotationQuery(Query):
    """The query of a rotation."""

    hours: int = Field(
        default=_HOURS,
        ge=0,
        le=_MOST_HOURS,
        description="Hours for which the previous secret still signs; 0 ends it at once.",
    )


class DeliveriesQuery(Query):
    """The query of a notification's deliveries."""

    state: DeliveryState = Field(
        default=DeliveryState.FAILED,
        description="The state of the deliveries; by default, deliveries that were given up.",
    )
    limit: int = Field(default=50, ge=1, le=200, description="The largest number of items to return.")
    cursor: str | None = Field(
        default=None, max_length=512, description="The `next` of the previous page, to continue there."
    )


@resource.operation(
    "POST",
    "/callbacks",
    scope=Scope.STAFF,
    weight="submit",
    responses={
        201: ResponseDoc(
            _Created,
            description="Created; its secret is shown only this once.",
            headers=CREATED,
            links=dict.fromkeys(
                (
                    "read_notification",
                    "rotate_notification",
                    "test_notification",
                    "list_deliveries",
                    "remove_notification",
                ),
                "notification_id",
            ),
        )
    },
    problems=(CONFLICT,),
)
def create_notification(body: NotificationRequest) -> Response:
    """Create a notification: from now on, events of a course are posted to its URL.

    The host's address is looked up now, and again before each post.
    """
    made, secret = create(caller().course(body.course), Notification(body.url, body.kind, tuple(body.events)))
    return respond_created(_render_with_secret(made, secret), f"{PREFIX}/callbacks/{made.id}")


@resource.operation(
    "GET",
    "/callbacks",
    scope=Scope.STAFF,
    responses={200: ResponseDoc(_ListResponse, description="The notifications of a course.")},
)
def list_notifications(query: CourseQuery) -> Response:
    """List the notifications of a course."""
    found = service().store.notifications.of_course(caller().course(query.course))
    return respond_list(_ListResponse, map(_render, found))


@resource.operation(
    "GET",
    "/callbacks/<notification_id>",
    scope=Scope.STAFF,
    responses={200: ResponseDoc(response_model(Notification), description="The notification.", headers=TAGGED)},
)
def read_notification(path: NotificationPath) -> Response:
    """Read a notification."""
    return respond_tagged(_render(visible_notification(path.notification_id)))


@resource.operation(
    "POST",
    "/callbacks/<notification_id>/rotate",
    scope=Scope.STAFF,
    weight="submit",
    responses={
        200: ResponseDoc(_Created, description="The notification with its new secret, which is shown only this once.")
    },
    problems=(CONFLICT,),
)
def rotate_notification(path: NotificationPath, query: RotationQuery) -> Response:
    """Replace the secret of a notification.

    The previous secret still signs for a while: every post carries both signatures, so the receiver can switch at any
    time. Older secrets no longer sign.
    """
    notification = visible_notification(path.notification_id)
    secret = service().store.notifications.rotate(notification.id, query.hours, caller().author)
    if secret is None:
        kind = visible_notification(notification.id).kind
        raise Problem(CONFLICT, f"a notification of kind {kind} has no secret: its posts are not signed")
    return respond_plain(_render_with_secret(visible_notification(notification.id), secret))


@resource.operation(
    "POST",
    "/callbacks/<notification_id>/test",
    scope=Scope.STAFF,
    weight="submit",
    responses={202: ResponseDoc(response_model(Delivery), description="The delivery of the test message.")},
    problems=(CONFLICT,),
)
def test_notification(path: NotificationPath) -> Response:
    """Send a test message, of the event `notification.test`.

    It is delivered like any other event: `deliveries` lists it with the receiver's answer.
    """
    delivery = send_test(visible_notification(path.notification_id))
    return respond_plain(serve(delivery), 202)


@resource.operation(
    "DELETE",
    "/callbacks/<notification_id>",
    scope=Scope.STAFF,
    responses={204: ResponseDoc(description="Removed, with its pending deliveries.")},
)
def remove_notification(path: NotificationPath) -> Response:
    """Remove a notification."""
    if not service().store.notifications.remove(visible_notification(path.notification_id).id, caller().author):
        raise _not_found(path.notification_id)
    return respond_empty()


@resource.operation(
    "GET",
    "/callbacks/<notification_id>/deliveries",
    scope=Scope.STAFF,
    responses={200: ResponseDoc(_DeliveriesResponse, description="A page, newest first.", paged=True)},
)
def list_deliveries(path: NotificationPath, query: DeliveriesQuery) -> Response:
    """List the deliveries of a notification: delivered, pending or failed."""
    notification = visible_notification(path.notification_id)
    page = service().store.notifications.deliveries(notification.id, query.state, query.limit, query.cursor)
    return respond_list(_DeliveriesResponse, map(serve, page.items), page.next_cursor)


def _render(notification: Notification) -> BaseModel:
    return serve(notification, hidden=_hidden(notification))


def _render_with_secret(notification: Notification, secret: str | None) -> BaseModel:
    return serve(notification, _Created, _hidden(notification), secret=secret)


def _hidden(notification: Notification) -> tuple[str, ...]:
    """Return the names of the fields that say nothing any more: a time until which has passed."""
    until = notification.previous_until
    return ("previous_until",) if until is not None and until < time.time() else ()
