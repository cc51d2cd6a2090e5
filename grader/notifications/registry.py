"""The kinds of notifications by name, and what is wrong with a notification."""

from collections.abc import Iterator

from backmark.grader.model.fields import FieldFault, faults
from backmark.grader.model.notifications import Notification
from backmark.grader.notifications import chat, webhook

KINDS = {kind.name: kind for kind in (webhook.KIND, chat.KIND)}


def notification_faults(notification: Notification) -> Iterator[FieldFault]:
    """Yield the fields whose values cannot be used. Where its URL leads is not looked up."""
    yield from faults(notification, ("url",))
    kind = KINDS.get(notification.kind)
    if kind is None:
        yield FieldFault("kind", f"There is no kind {notification.kind}; the kinds are {', '.join(KINDS)}.")
        return
    if others := [event for event in notification.events if event not in kind.events]:
        yield FieldFault(
            "events", f"A notification of kind {kind.name} sends {', '.join(kind.events)}, not {others[0]}."
        )
