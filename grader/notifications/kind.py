"""A kind of notification, and what it is given of an event."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from backmark.grader.model.notifications import Event
from backmark.grader.model.records import SubmissionRecord


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event, with what it is about as that stands when the notification is posted."""

    event: Event
    #: When it happened, in seconds since 1970.
    at: float
    course: str
    #: The assignment that it is about; empty for a test.
    assignment: str
    #: The URL of the page where a person looks at it, or acts; a path if the service has no public URL.
    page: str
    #: The submission that it is about; None if it is about none.
    submission: SubmissionRecord | None = None


@dataclass(frozen=True, slots=True)
class NotificationKind:
    """A kind by its name in API and store; `body` returns the JSON that is posted of an event.

    For example a pager that takes `{"alarm": "..."}` and nothing but failures:

        KIND = NotificationKind(
            "pager", "Pager", "Wakes somebody.", (Event.SERVICE_FAILED,), lambda event: {"alarm": event.page}
        )
    """

    name: str
    #: Its name and a sentence for the page where staff switch it on.
    title: str
    says: str
    #: The events that it sends, unless fewer are asked for. Every kind sends a test.
    events: tuple[Event, ...]
    body: Callable[[Occurrence], Mapping[str, object]]
    #: True if posts are signed as Standard Webhooks, with a secret that is shown once.
    signed: bool = False
    #: True if whoever knows the URL may post to it: then only its host is shown, and logged.
    url_is_secret: bool = False

    def shown_url(self, url: str) -> str:
        """Return of a URL what may be shown."""
        scheme, _, rest = url.partition("://")
        return f"{scheme}://{rest.partition('/')[0].partition('?')[0]}/..." if self.url_is_secret else url
