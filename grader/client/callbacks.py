"""A course's callbacks: where its portal hears of verdicts. For staff."""

from dataclasses import dataclass

from grader.client.calls import Calls, gone, place
from grader.client.pages import Listing
from grader.client.records import Body


@dataclass(frozen=True, slots=True)
class Callback:
    """An address that is told of verdicts; `secret` only in the answers that made it."""

    id: str
    url: str
    secret: str | None = None
    body: Body | None = None

    def __repr__(self) -> str:
        return f"Callback(id={self.id!r}, url={self.url!r})"

    @classmethod
    def read(cls, body: Body) -> "Callback":
        """From the server's JSON."""
        return cls(body["id"], body.get("url", ""), body.get("secret"), body)


class Callbacks:
    """`client.callbacks`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def create(self, url: str) -> Callback:
        """Have verdicts told to an address; the secret that signs them is in this answer and in no other."""
        # Not asked again by itself: every verdict would be told twice.
        return self._calls.post("/callbacks", Callback.read, {"url": url})

    def list(self) -> Listing[Callback]:
        """The course's callbacks, without their secrets."""
        return self._calls.listing("/callbacks", Callback.read)

    def rotate(self, callback: str) -> Callback:
        """A new secret; the one before stays good for a while, as the server says."""
        return self._calls.post(place("callbacks", callback, "rotate"), Callback.read)

    def deliveries(self, callback: str) -> Listing[Body]:
        """What was told there, and what came back: as the server has it."""
        return self._calls.listing(place("callbacks", callback, "deliveries"), lambda body: body)

    def delete(self, callback: str) -> None:
        """Tell that address no more."""
        self._calls.delete(place("callbacks", callback), gone)
