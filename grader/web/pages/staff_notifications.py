"""The notifications of a course: switched on, tested and removed by staff."""

from dataclasses import dataclass

from flask import Response, redirect
from werkzeug.wrappers import Response as Redirection

from backmark.grader.model.fields import noun_fields
from backmark.grader.model.notifications import Delivery, DeliveryState, Event, Notification
from backmark.grader.notifications.kind import NotificationKind
from backmark.grader.notifications.registry import KINDS, notification_faults
from backmark.grader.web.http.problems import NOT_FOUND, Problem
from backmark.grader.web.pages.form_fields import Form, FormFields
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.visitor import instructor
from backmark.grader.web.service import service
from backmark.grader.web.usecases import notifications

pages = Pages("staff_notifications", __name__)

#: The words for each event.
_EVENTS = {**noun_fields(Notification)["events"].doc.choices, Event.TEST: "Test message"}
#: The latest deliveries of a notification that are shown.
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class ListedNotification:
    """A notification, its kind in words, and its latest deliveries, newest first."""

    notification: Notification
    title: str
    deliveries: tuple[Delivery, ...]


@pages.get("/courses/<course>/notifications")
def read_notifications(course: str) -> Response:
    """Show the notifications, and a form for each kind."""
    instructor(course, "read")
    return _page(course)


@pages.post("/courses/<course>/notifications")
def change_notifications(course: str) -> Response | Redirection:
    """Make a notification, send a test message, or remove one."""
    caller, fields = instructor(course), FormFields.of_request()
    if removed := fields.text("remove"):
        service().store.notifications.remove(_of_course(course, removed).id, caller.author)
        return _back(course)
    if tested := fields.text("test"):
        notifications.send_test(_of_course(course, tested))
        return _back(course)
    notification = fields.read(Notification)
    fields.note(notification_faults(notification) if notification else ())
    if notification is None or fields.faults:
        return _page(course, fields)
    try:
        _, secret = notifications.create(course, notification)
    except Problem as problem:
        fields.note_problem(problem)
        return _page(course, fields)
    return _back(course) if secret is None else _page(course, secret=secret)


def _page(course: str, sent: FormFields | None = None, *, secret: str = "") -> Response:
    store = service().store.notifications
    return page(
        "staff/notifications.html",
        422 if sent else 200,
        course=course,
        section="notifications",
        listed=[_listed(notification) for notification in store.of_course(course)],
        forms=[(kind, _form(kind, sent)) for kind in reversed(KINDS.values())],
        events=_EVENTS,
        secret=secret,
    )


def _listed(notification: Notification) -> ListedNotification:
    store = service().store.notifications
    latest = [
        delivery for state in DeliveryState for delivery in store.deliveries(notification.id, state, _SHOWN).items
    ]
    latest.sort(key=lambda delivery: delivery.created, reverse=True)
    kind = KINDS.get(notification.kind)
    return ListedNotification(notification, kind.title if kind else notification.kind, tuple(latest[:_SHOWN]))


def _form(kind: NotificationKind, sent: FormFields | None) -> Form:
    """Return the form of a kind, as it was sent if it was this one."""
    mine = sent if sent is not None and sent.text("kind") == kind.name else None
    form = Form.of(kind.name, Notification, Notification("", kind.name, kind.events), mine)
    return form.choose(kind={kind.name: kind.title}, events={event: _EVENTS[event] for event in kind.events})


def _of_course(course: str, notification_id: str) -> Notification:
    found = notifications.visible_notification(notification_id)
    if found.course != course:
        raise Problem(NOT_FOUND, f"there is no notification {notification_id} in the course {course}")
    return found


def _back(course: str) -> Redirection:
    return redirect(f"/courses/{course}/notifications", 303)
