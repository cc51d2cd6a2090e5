"""The notifications of a course: the addresses that its events are posted to. For staff."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from backmark.grader.client.calls import Calls, no_value, path_of
from backmark.grader.client.pages import Listing
from backmark.grader.client.records import Body, reader
from backmark.grader.model.notifications import Delivery, Notification


@dataclass(frozen=True, slots=True)
class NewNotification:
    """A notification with its secret, which the server shows only once."""

    id: str
    notification: Notification
    #: None: its kind signs nothing.
    secret: str | None = field(repr=False)

    @classmethod
    def read(cls, body: Body) -> "NewNotification":
        """Return a new notification from the server's JSON."""
        return cls(body["id"], reader(Notification)(body), body["secret"])


class NotificationCalls:
    """`client.notifications`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def create(self, url: str, events: Iterable[str] = (), *, kind: str = "webhook") -> NewNotification:
        """Create a notification; only this answer has the secret that signs its posts.

        `kind` is `webhook` or `chat`; `events` names the events to send, by default those that the kind is for.
        """
        body: dict[str, Any] = {"url": url, "kind": kind, **self._calls.in_course()}
        if chosen := list(events):
            body["events"] = chosen
        # Never retried automatically: every event would be sent twice.
        return self._calls.post("/callbacks", NewNotification.read, body)

    def list(self) -> Listing[Notification]:
        """Return the course's notifications, without their secrets."""
        return self._calls.listing("/callbacks", reader(Notification), self._calls.in_course())

    def rotate(self, notification: str, *, hours: int = 24) -> NewNotification:
        """Replace the secret; the previous one still signs for `hours`."""
        path = path_of("callbacks", notification, "rotate")
        return self._calls.post(path, NewNotification.read, params={"hours": hours})

    def test(self, notification: str) -> Delivery:
        """Send a test message, and return its delivery, which is pending."""
        return self._calls.post(path_of("callbacks", notification, "test"), reader(Delivery))

    def deliveries(self, notification: str, *, state: str = "failed") -> Listing[Delivery]:
        """Return the deliveries in a state: `failed`, `pending` or `delivered`."""
        path = path_of("callbacks", notification, "deliveries")
        return self._calls.listing(path, reader(Delivery), {"state": state})

    def delete(self, notification: str) -> None:
        """Delete a notification; nothing more is posted to its URL."""
        self._calls.delete(path_of("callbacks", notification), no_value)
