"""Regrades of everything that is graded, requested over HTTP one after the other, whatever the service suffers."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from backmark.grader.model.regrades import AT_REST
from bench.stack import REFUSALS
from tests.service.chaos import FaultyService
from tests.service.parts import ASSIGNMENT

#: Seconds between two looks, and between two tries.
INTERVAL = 0.1


@dataclass(frozen=True, slots=True)
class RequestedRegrade:
    """A regrade that came to its end, and the submissions that were at their end before it was requested."""

    id: str
    revision: str
    concluded: frozenset[str]
    #: The last phase.
    phase: str


class OutOfTime(Exception):
    """The run ended before the regrades did."""


class Regrading:
    """Requests, applies and rolls back regrades until so many units are graded."""

    def __init__(self, course: FaultyService, token: str, revisions: Sequence[str], units: int, seed: int) -> None:
        self._course = course
        self._headers = {"Authorization": f"Bearer {token}"}
        self._revisions = revisions
        self._units_wanted = units
        self._seed = seed
        self._over = threading.Event()
        self.regrades: list[RequestedRegrade] = []
        self.units = 0
        self.answers: Counter[int] = Counter()

    def end(self) -> None:
        """Request nothing more."""
        self._over.set()

    def run(self) -> None:
        """Regrade until enough units are graded. Raises OutOfTime after `end`."""
        with httpx.Client(base_url=f"{self._course.url}/api/v1", headers=self._headers, timeout=15) as client:
            while not self._course.concluded:
                self._pause()
            while self.units < self._units_wanted:
                self._regrade(client, self._revisions[len(self.regrades) % len(self._revisions)])

    def _regrade(self, client: httpx.Client, revision: str) -> None:
        """Request a regrade and apply it; two of three are rolled back, one of these while it is applied."""
        concluded, turn = self._course.concluded, (len(self.regrades) + self._seed) % 3
        # A time before all submissions, unlike all others: two equal requests may stand for one regrade.
        since = datetime.fromtimestamp(len(self.regrades), UTC).isoformat()
        body = {"assignment": ASSIGNMENT, "revision": revision, "fresh": True, "since": since}
        name = self._post(client, "/regrades", body)["id"]
        preview = self._wait(client, name, "previewed")
        regrade = self._post(client, f"/regrades/{name}/apply", {"mode": "whole"})
        while regrade["phase"] == "applying" and (turn != 2 or not regrade["counts"]["applied"]):
            self._pause()
            regrade = self._insist(client, "GET", f"/regrades/{name}", None)
        end = "rolled_back" if turn else "applied"
        if turn:
            self._post(client, f"/regrades/{name}/rollback", None)
        self._wait(client, name, end)
        self.regrades.append(RequestedRegrade(name, revision, concluded, end))
        self.units += preview["counts"]["sources"]

    def _wait(self, client: httpx.Client, name: str, phase: str) -> dict[str, Any]:
        """Return the regrade once it is at rest. Raises RuntimeError if that is in another phase."""
        while True:
            regrade = self._insist(client, "GET", f"/regrades/{name}", None)
            # Applying and rolling back begin in a phase at rest; the answer to their request has shown the next phase.
            if regrade["phase"] == phase:
                return regrade
            if regrade["phase"] in AT_REST:
                message = f"regrade {name} is {regrade['phase']} instead of {phase}: {regrade['failure']}"
                raise RuntimeError(message)
            self._pause()

    def _post(self, client: httpx.Client, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        # Applying and rolling back may be repeated without a key.
        headers = {"Idempotency-Key": f"regrade-{len(self.regrades)}"} if path == "/regrades" else None
        return self._insist(client, "POST", path, body, headers)

    def _insist(
        self,
        client: httpx.Client,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """Send a request until it is answered, and return the answer."""
        while True:
            try:
                answer = client.request(method, path, json=body, headers=headers)
            except httpx.HTTPError:
                # Nobody knows whether it took effect; every request may be repeated.
                self._pause()
                continue
            self.answers[answer.status_code] += 1
            if answer.is_success:
                return dict(answer.json())
            if answer.status_code not in REFUSALS:
                message = f"{method} {path} was answered with {answer.status_code}: {answer.text}"
                raise RuntimeError(message)
            self._pause()

    def _pause(self) -> None:
        if self._over.wait(INTERVAL):
            raise OutOfTime("the time was up")
