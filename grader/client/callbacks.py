"""The callbacks of a course: the addresses that are notified of its verdicts. For staff."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from backmark.grader.client.calls import Calls, no_value, path_of
from backmark.grader.client.pages import Listing
from backmark.grader.client.records import Body, read


@dataclass(frozen=True, slots=True)
class Callback:
    """An address that is notified of verdicts; `secret` is set only by `create` and `rotate`."""

    id: str
    url: str
    body: Body
    secret: str | None = None

    def __repr__(self) -> str:
        return f"Callback(id={self.id!r}, url={self.url!r})"

    @classmethod
    def read(cls, body: Body) -> "Callback":
        """Return a callback from the server's JSON."""
        return read(cls, body)


class CallbackCalls:
    """`client.callbacks`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def create(self, url: str, events: Iterable[str] = ()) -> Callback:
        """Create a callback; only this answer has the secret that signs its events.

        `events` names the events to send, such as `submission.done`; by default all.
        """
        body: dict[str, Any] = {"url": url, **self._calls.in_course()}
        if chosen := list(events):
            body["events"] = chosen
        # Never retried automatically: every verdict would be sent twice.
        return self._calls.post("/callbacks", Callback.read, body)

    def list(self) -> Listing[Callback]:
        """Return the course's callbacks, without their secrets."""
        return self._calls.listing("/callbacks", Callback.read, self._calls.in_course())

    def rotate(self, callback: str, *, hours: int = 24) -> Callback:
        """Replace the secret; the previous one still signs for `hours`."""
        return self._calls.post(path_of("callbacks", callback, "rotate"), Callback.read, params={"hours": hours})

    def deliveries(self, callback: str, *, state: str = "failed") -> Listing[Body]:
        """Return the deliveries in a state: `failed`, `pending` or `delivered`."""
        return self._calls.listing(path_of("callbacks", callback, "deliveries"), lambda body: body, {"state": state})

    def delete(self, callback: str) -> None:
        """Delete a callback; nothing more is sent to its address."""
        self._calls.delete(path_of("callbacks", callback), no_value)
