"""Regrades: chosen and previewed, reported, applied or not. For staff."""

from dataclasses import dataclass

from grader.client.calls import Calls, place
from grader.client.pages import Listing
from grader.client.records import Body


@dataclass(frozen=True, slots=True)
class Regrade:
    """A regrade as it stood when the server was asked."""

    id: str
    state: str
    body: Body

    @classmethod
    def read(cls, body: Body) -> "Regrade":
        """From the server's JSON."""
        return cls(body["id"], body["state"], body)


class Regrades:
    """`client.regrades`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def get(self, regrade: str) -> Regrade:
        """A regrade as it stands now."""
        return self._calls.get(place("regrades", regrade), Regrade.read)

    def list(self) -> Listing[Regrade]:
        """The course's regrades, newest first."""
        return self._calls.listing("/regrades", Regrade.read, self._calls.in_course())
