"""Notifications: made, tested and found."""

from backmark.grader.model.notifications import Delivery, Notification
from backmark.grader.notifications.registry import notification_faults
from backmark.grader.outbound.addresses import BadDestination, Destinations
from backmark.grader.store.notifications import TooManyNotifications
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.problems import BUSY, CONFLICT, NOT_FOUND, TRY_AGAIN, Problem, invalid, refuse_faults
from backmark.grader.web.service import service


def create(course: str, notification: Notification) -> tuple[Notification, str | None]:
    """Create a notification of the caller's; return it with its secret. Raises Problem if it cannot be used."""
    refuse_faults(notification_faults(notification))
    _check_destination(notification.url)
    try:
        return service().store.notifications.create(course, notification, caller().author)
    except TooManyNotifications as error:
        raise Problem(CONFLICT, str(error)) from None


def send_test(notification: Notification) -> Delivery:
    """Send a test message. Raises Problem if the notification is disabled."""
    delivery = service().store.notifications.test(notification.id, caller().author)
    if delivery is None:
        raise Problem(CONFLICT, "the notification is disabled, so nothing is sent; remove it, and make another")
    return delivery


def visible_notification(notification_id: str) -> Notification:
    """Return a notification. Raises Problem unless the caller may see it."""
    notification = service().store.notifications.get(notification_id)
    if notification is None or not caller().sees(notification.course):
        raise _not_found(notification_id)
    return notification


def _check_destination(url: str) -> None:
    """Raise Problem if posts may not go to a URL. Name servers may be slow, so a lookup takes a slot."""
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


def _not_found(notification_id: str) -> Problem:
    return Problem(NOT_FOUND, f"there is no notification {notification_id}")
