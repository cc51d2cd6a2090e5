"""Notifications: the addresses that a course's events are posted to, and the delivery of each event."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from backmark.grader.model.fields import Doc, Unit


class Event(StrEnum):
    """An event in a course, of which notifications are sent."""

    DONE = "submission.done"
    SUPERSEDED = "submission.superseded"
    CANCELLED = "submission.cancelled"
    SERVICE_FAILED = "submission.service_failed"
    #: A regrade or its rollback replaced the verdict.
    REGRADED = "submission.regraded"
    #: The preview of a regrade is complete: staff decide if it is applied.
    REGRADE_WAITING = "regrade.waiting"
    #: A student asks about the verdict of a submission.
    QUESTION_OPEN = "question.open"
    #: Staff asked for a test message.
    TEST = "notification.test"

    @property
    def subject(self) -> str:
        """The noun whose id comes with the event: `submission`, `regrade`, or empty for a test."""
        if self is Event.TEST:
            return ""
        return "regrade" if self is Event.REGRADE_WAITING else "submission"


class DeliveryState(StrEnum):
    """The state of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    #: Given up, or no longer to be sent.
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Notification:
    """An address to which events of a course are posted, without its secrets."""

    url: Annotated[
        str,
        Doc(
            "The URL to post to: https with a public address, unless this server allows others.",
            longest=2000,
            label="URL",
        ),
    ]
    kind: Annotated[
        str,
        Doc("`webhook` posts signed events to a program; `chat` posts messages to a channel.", pattern="[a-z]{1,32}"),
    ] = "webhook"
    events: Annotated[
        tuple[Event, ...],
        Doc(
            "The events to send. By default all events of the kind.",
            least=1,
            most=20,
            choices={
                "submission.done": "A submission has a verdict",
                "submission.superseded": "A student handed in again while a submission waited",
                "submission.cancelled": "A submission was cancelled",
                "submission.service_failed": "Backmark failed to grade a submission",
                "submission.regraded": "A regrade changed a verdict",
                "regrade.waiting": "A regrade waits for a decision",
                "question.open": "A student asks about a verdict",
            },
        ),
    ] = ()
    id: str = ""
    course: str = ""
    created: Annotated[float, Doc(unit=Unit.TIME, json="created_at")] = 0.0
    disabled: Annotated[
        float | None,
        Doc(
            "When the receiver refused further events. Nothing is sent since then.", unit=Unit.TIME, json="disabled_at"
        ),
    ] = None
    disabled_reason: str | None = None
    previous_until: Annotated[
        float | None,
        Doc(
            "When the secret before the last rotation stops signing.",
            unit=Unit.TIME,
            json="previous_secret_until",
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """The delivery of one event to one address. It names no student."""

    id: Annotated[str, Doc("The webhook-id of all its attempts.")]
    event: Event
    state: DeliveryState
    attempts: int
    submission: Annotated[
        str | None, Doc("The submission that the event is about.", none="the event is about no submission")
    ] = None
    regrade: Annotated[
        str | None, Doc("The regrade that the event is about.", none="the event is about no regrade")
    ] = None
    status: Annotated[int | None, Doc("The HTTP status of the receiver's last answer.")] = None
    error: Annotated[str | None, Doc("The last error.")] = None
    created: Annotated[float, Doc(unit=Unit.TIME, json="created_at")] = 0.0
    due: Annotated[float | None, Doc("When the next attempt is due.", unit=Unit.TIME, json="next_at")] = None
    ended: Annotated[float | None, Doc(unit=Unit.TIME, json="ended_at")] = None
