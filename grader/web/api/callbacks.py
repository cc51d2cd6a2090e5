"""Callbacks: where a course hears of its submissions, and what became of what it was told."""

import time
from datetime import datetime

from flask import Response
from pydantic import Field

from grader.addresses import BadDestination, Destinations
from grader.model.records import Scope
from grader.store.callbacks import Delivery, Endpoint, Event, Progress, TooManyEndpoints
from grader.web.http import responses as answers
from grader.web.http.auth import caller
from grader.web.http.problems import BUSY, CONFLICT, INVALID, NOT_FOUND, TRY_AGAIN, Fault, Problem
from grader.web.http.resource import CREATED, PREFIX, TAGGED, Answer, Noun
from grader.web.http.schemas import Asked, CourseQuery, Id, Name, Query, Told, moment, moment_or_none
from grader.web.http.service import service

noun = Noun("callbacks", __name__, says="Where a course hears of its submissions, signed as Standard Webhooks say.")

#: Hours for which the secret before a rotation signs along: unless said otherwise, and at most.
_HOURS, _MOST_HOURS = 24, 168


class CallbackAsked(Asked):
    """An endpoint to be made."""

    url: str = Field(
        max_length=2000, description="Where to post: https, with a public address, unless this server allows others."
    )
    events: list[Event] = Field(
        default=list(Event), min_length=1, max_length=20, description="What to tell it of; all, where it is left out."
    )
    course: Name | None = Field(default=None, description="For tokens with the scope admin; else the token's own.")


class CallbackTold(Told):
    """An endpoint, without its secrets."""

    id: str
    course: str
    url: str
    events: list[Event]
    created_at: datetime
    disabled_at: datetime | None = Field(description="Since when it is told nothing more.")
    disabled_reason: str | None
    previous_secret_until: datetime | None = Field(description="Until when the secret before the last rotation signs.")


class CallbackMade(CallbackTold):
    """An endpoint with a secret that was just made: this is the only time that it is shown."""

    secret: str = Field(description="What verifies signatures: whsec_ and base64.")


class CallbacksTold(Told):
    """The endpoints of a course, newest first."""

    items: list[CallbackTold]
    next: str | None = Field(default=None, description="Always null: they are all here.")


class CallbackPath(Asked):
    """Which endpoint."""

    callback_id: Id


class RotationQuery(Query):
    """How a secret is replaced."""

    hours: int = Field(
        default=_HOURS, ge=0, le=_MOST_HOURS, description="For how long the secret before signs along; 0: no longer."
    )


class DeliveriesQuery(Query):
    """Which deliveries."""

    state: Progress = Field(default=Progress.FAILED, description="Those given up, unless others are asked for.")
    limit: int = Field(default=50, ge=1, le=200, description="How many at most.")
    cursor: str | None = Field(
        default=None, max_length=512, description="Where to go on: `next` of the page before, as it is."
    )


class DeliveryTold(Told):
    """One event for one endpoint."""

    id: str = Field(description="The webhook-id of its every attempt.")
    event: Event
    submission: str
    state: Progress
    attempts: int
    status: int | None = Field(description="What the receiver answered last.")
    error: str | None = Field(description="What went wrong last.")
    created_at: datetime
    next_at: datetime | None = Field(description="When it is tried again.")
    ended_at: datetime | None


class DeliveriesTold(Told):
    """A page of deliveries, newest first."""

    items: list[DeliveryTold]
    next: str | None = Field(description="The cursor of the next page; null where there is none.")


@noun.operation(
    "POST",
    "/callbacks",
    scope=Scope.STAFF,
    weight="submit",
    answers={
        201: Answer(
            CallbackMade,
            says="Made; its secret is shown once.",
            headers=CREATED,
            leads=dict.fromkeys(
                ("read_callback", "rotate_callback", "list_deliveries", "remove_callback"), "callback_id"
            ),
        )
    },
    problems=(CONFLICT,),
)
def create_callback(body: CallbackAsked) -> Response:
    """Have a course's portal called back.

    Where the URL leads is looked up now, and again before each post.
    """
    course = caller().course(body.course)
    _look_up(body.url)
    try:
        made, secret = service().store.callbacks.create(course, body.url, body.events)
    except TooManyEndpoints as error:
        raise Problem(CONFLICT, str(error)) from None
    return answers.created(_made(made, secret), f"{PREFIX}/callbacks/{made.id}")


@noun.operation(
    "GET", "/callbacks", scope=Scope.STAFF, answers={200: Answer(CallbacksTold, says="The endpoints of a course.")}
)
def list_callbacks(query: CourseQuery) -> Response:
    """List the endpoints of a course."""
    found = service().store.callbacks.endpoints(caller().course(query.course))
    return answers.page(CallbacksTold(items=[_told(each) for each in found]), None)


@noun.operation(
    "GET",
    "/callbacks/<callback_id>",
    scope=Scope.STAFF,
    answers={200: Answer(CallbackTold, says="The endpoint.", headers=TAGGED)},
)
def read_callback(path: CallbackPath) -> Response:
    """Read an endpoint."""
    return answers.thing(_told(_visible(path.callback_id)))


@noun.operation(
    "POST",
    "/callbacks/<callback_id>/rotate",
    scope=Scope.STAFF,
    weight="submit",
    answers={200: Answer(CallbackMade, says="It has a new secret, which is shown once.")},
)
def rotate_callback(path: CallbackPath, query: RotationQuery) -> Response:
    """Give an endpoint a new secret.

    The one before signs along for a while: every post carries both signatures, so a receiver can change over when it
    likes. Of older ones nothing is left.
    """
    found = _visible(path.callback_id)
    secret = service().store.callbacks.rotate(found.id, query.hours)
    if secret is None:
        raise _no(found.id)
    return answers.plain(_made(_visible(found.id), secret))


@noun.operation(
    "DELETE",
    "/callbacks/<callback_id>",
    scope=Scope.STAFF,
    answers={204: Answer(says="It is told nothing more, and what was still to be told is dropped.")},
)
def remove_callback(path: CallbackPath) -> Response:
    """Remove an endpoint."""
    if not service().store.callbacks.remove(_visible(path.callback_id).id):
        raise _no(path.callback_id)
    return answers.nothing()


@noun.operation(
    "GET",
    "/callbacks/<callback_id>/deliveries",
    scope=Scope.STAFF,
    answers={200: Answer(DeliveriesTold, says="A page, newest first.", paged=True)},
)
def list_deliveries(path: CallbackPath, query: DeliveriesQuery) -> Response:
    """List what an endpoint was told, is still to be told, or could not be told."""
    found = _visible(path.callback_id)
    page = service().store.callbacks.deliveries(found.id, query.state, query.limit, query.cursor)
    told = DeliveriesTold(items=[_delivery(each) for each in page.items], next=page.next_cursor)
    return answers.page(told, page.next_cursor)


def _look_up(url: str) -> None:
    """A Problem where callbacks may not go there. Whoever serves the name may be slow: few wait for that at a time."""
    destinations = Destinations.of(service().settings)
    try:
        destination = destinations.read(url)
        with service().holding.place() as held:
            if not held:
                detail = "as many connections are held open as this server allows; nothing was made"
                raise Problem(BUSY, detail, headers={"Retry-After": str(TRY_AGAIN)})
            destinations.addresses(destination)
    except BadDestination as error:
        raise Problem(INVALID, f"/url: {error}", errors=(Fault("pointer", "/url", str(error)),)) from None


def _visible(number: str) -> Endpoint:
    found = service().store.callbacks.get(number)
    if found is None or not caller().sees(found.course):
        raise _no(number)
    return found


def _no(number: str) -> Problem:
    return Problem(NOT_FOUND, f"there is no callback {number}")


def _fields(found: Endpoint) -> dict[str, object]:
    until = found.previous_until
    return {
        "id": found.id,
        "course": found.course,
        "url": found.url,
        "events": found.events,
        "created_at": moment(found.created),
        "disabled_at": moment_or_none(found.disabled),
        "disabled_reason": found.reason,
        "previous_secret_until": None if until is None or until < time.time() else moment(until),
    }


def _told(found: Endpoint) -> CallbackTold:
    return CallbackTold.model_validate(_fields(found))


def _made(found: Endpoint, secret: str) -> CallbackMade:
    return CallbackMade.model_validate({**_fields(found), "secret": secret})


def _delivery(found: Delivery) -> DeliveryTold:
    return DeliveryTold(
        id=found.id,
        event=found.event,
        submission=found.submission,
        state=found.state,
        attempts=found.attempts,
        status=found.status,
        error=found.error,
        created_at=moment(found.created),
        next_at=moment_or_none(found.due),
        ended_at=moment_or_none(found.ended),
    )
