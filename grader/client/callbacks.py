"""A course's callbacks: where its portal hears of verdicts. For staff."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from grader.client.calls import Calls, gone, place
from grader.client.pages import Listing
from grader.client.records import Body


@dataclass(frozen=True, slots=True)
class Callback:
    """An address that is told of verdicts; `secret` only in the answers that made it."""

    id: str
    url: str
    secret: str | None
    body: Body

    def __repr__(self) -> str:
        return f"Callback(id={self.id!r}, url={self.url!r})"

    @classmethod
    def read(cls, body: Body) -> "Callback":
        """From the server's JSON."""
        return cls(body["id"], body["url"], body.get("secret"), body)


class Callbacks:
    """`client.callbacks`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def create(self, url: str, events: Iterable[str] = ()) -> Callback:
        """Have verdicts told to an address; the secret that signs them is in this answer and in no other.

        `events` names what is told, such as `submission.done`: all of it, unless told.
        """
        body: dict[str, Any] = {"url": url, **self._calls.in_course()}
        if chosen := list(events):
            body["events"] = chosen
        # Not asked again by itself: every verdict would be told twice.
        return self._calls.post("/callbacks", Callback.read, body)

    def list(self) -> Listing[Callback]:
        """The course's callbacks, without their secrets."""
        return self._calls.listing("/callbacks", Callback.read, self._calls.in_course())

    def rotate(self, callback: str, *, hours: int = 24) -> Callback:
        """A new secret; the one before signs along for so many hours more."""
        return self._calls.post(place("callbacks", callback, "rotate"), Callback.read, params={"hours": hours})

    def deliveries(self, callback: str, *, state: str = "failed") -> Listing[Body]:
        """What was told there, as the server has it: `failed`, `pending` or `delivered`."""
        return self._calls.listing(place("callbacks", callback, "deliveries"), lambda body: body, {"state": state})

    def delete(self, callback: str) -> None:
        """Tell that address no more."""
        self._calls.delete(place("callbacks", callback), gone)
