"""Regrades that staff request over HTTP, one after the other, of all that is graded, whatever the service suffers."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from grader.client.regrade_records import AT_REST
from tests.service.chaos import FaultyService
from tests.service.parts import ASSIGNMENT

#: Answers that refuse a request for now: the store is away, or its memory is full.
REFUSED = (503, 507)
#: Seconds between two looks, and between two tries.
AGAIN = 0.1


@dataclass(frozen=True, slots=True)
class RequestedRegrade:
    """A regrade that came to its end."""

    id: str
    revision: str
    #: Submissions that were at their end before it was requested.
    concluded: frozenset[str]
    #: Its last phase.
    phase: str


class GivenUp(Exception):
    """The run is over."""


class Regrading:
    """Requests, applies and rolls back regrades until so many units are graded."""

    def __init__(self, course: FaultyService, token: str, revisions: Sequence[str], units: int, seed: int) -> None:
        self._course = course
        self._headers = {"Authorization": f"Bearer {token}"}
        self._revisions = revisions
        self._wanted = units
        self._first = seed
        self._over = threading.Event()
        self.requested: list[RequestedRegrade] = []
        self.units = 0
        self.answers: Counter[int] = Counter()

    def end(self) -> None:
        """Request nothing more."""
        self._over.set()

    def run(self) -> None:
        """Regrade until enough units are graded. Raises GivenUp after `end`."""
        with httpx.Client(base_url=f"{self._course.url}/api/v1", headers=self._headers, timeout=15) as client:
            while not self._course.concluded:
                self._pause()
            while self.units < self._wanted:
                self._regrade(client, self._revisions[len(self.requested) % len(self._revisions)])

    def _regrade(self, client: httpx.Client, revision: str) -> None:
        """Request one and apply it; two of three are rolled back, one of these while it is applied."""
        concluded, turn = self._course.concluded, (len(self.requested) + self._first) % 3
        # A time before all submissions, unlike all others: the same request twice may stand for one regrade.
        since = datetime.fromtimestamp(len(self.requested), UTC).isoformat()
        body = {"assignment": ASSIGNMENT, "revision": revision, "fresh": True, "since": since}
        name = self._post(client, "/regrades", body)["id"]
        previewed = self._wait(client, name, "previewed")
        applying = self._post(client, f"/regrades/{name}/apply", {"mode": "whole"})
        while applying["phase"] == "applying" and (turn != 2 or not applying["counts"]["applied"]):
            self._pause()
            applying = self._insist(client, "GET", f"/regrades/{name}", None)
        end = "rolled_back" if turn else "applied"
        if turn:
            self._post(client, f"/regrades/{name}/rollback", None)
        self._wait(client, name, end)
        self.requested.append(RequestedRegrade(name, revision, concluded, end))
        self.units += previewed["counts"]["sources"]

    def _wait(self, client: httpx.Client, name: str, phase: str) -> dict[str, Any]:
        """Return the regrade when it is at rest, which must be in this phase."""
        while True:
            regrade = self._insist(client, "GET", f"/regrades/{name}", None)
            # Applied and rolled back start from a phase at rest; the answer to the request says that it was left.
            if regrade["phase"] == phase:
                return regrade
            if regrade["phase"] in AT_REST:
                message = f"regrade {name} is {regrade['phase']} instead of {phase}: {regrade['failure']}"
                raise RuntimeError(message)
            self._pause()

    def _post(self, client: httpx.Client, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        # Applying and rolling back may be repeated without a key.
        headers = {"Idempotency-Key": f"regrade-{len(self.requested)}"} if path == "/regrades" else None
        return self._insist(client, "POST", path, body, headers)

    def _insist(
        self,
        client: httpx.Client,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """Return the answer to a request, which is sent until it is one."""
        while True:
            try:
                answer = client.request(method, path, json=body, headers=headers)
            except httpx.HTTPError:
                # Whether it took effect nobody knows: each may be repeated.
                self._pause()
                continue
            self.answers[answer.status_code] += 1
            if answer.is_success:
                return dict(answer.json())
            if answer.status_code not in REFUSED:
                message = f"{method} {path} was answered with {answer.status_code}: {answer.text}"
                raise RuntimeError(message)
            self._pause()

    def _pause(self) -> None:
        if self._over.wait(AGAIN):
            raise GivenUp("the time was up")
