"""Regrades: asked for and previewed, reported, applied or not, rolled back. For staff."""

import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from grader.client.calls import Calls, place
from grader.client.pages import Listing
from grader.client.regrade import Comparison, Regrade
from grader.client.transport import Request

#: Seconds between two looks at a regrade: at first, and at most.
_SOON, _LATE = 0.2, 2.0


class Regrades:
    """`client.regrades`. Each call may be made again: asked twice for the same, it is one regrade, applied once."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def start(  # noqa: PLR0913 - what a choice can be narrowed by
        self,
        assignment: str,
        *,
        revision: str | None = None,
        outcomes: Iterable[str] = (),
        since: datetime | None = None,
        students: Iterable[str] = (),
        which: str = "all",
        fresh: bool = False,
    ) -> Regrade:
        """Ask for a preview, which changes nothing.

        Against `revision` (the current one unless told), of submissions whose outcome is among `outcomes`, handed in
        `since` then, by `students`; of each student's `all`, the `latest` or the `best`. `fresh`: nothing is reused.
        """
        body: dict[str, Any] = {
            "assignment": assignment,
            "outcomes": list(outcomes),
            "students": list(students),
            "which": which,
            "fresh": fresh,
            **self._calls.in_course({"revision": revision, "since": None if since is None else since.isoformat()}),
        }
        return self._calls.post("/regrades", Regrade.read, body, again=True)

    def get(self, regrade: str) -> Regrade:
        """A regrade as it stands now."""
        return self._calls.get(place("regrades", regrade), Regrade.read)

    def list(self) -> Listing[Regrade]:
        """The course's regrades, newest first."""
        return self._calls.listing("/regrades", Regrade.read, self._calls.in_course())

    def watch(self, regrade: str) -> Iterator[Regrade]:
        """A regrade as it stands now, then again and again until nothing goes on by itself."""
        pause = _SOON
        while True:
            found = self.get(regrade)
            yield found
            if found.at_rest:
                return
            time.sleep(pause)
            pause = min(_LATE, 1.5 * pause)

    def wait(self, regrade: str) -> Regrade:
        """The regrade once it is previewed, applied, rolled back, cancelled or failed."""
        *_, last = self.watch(regrade)
        return last

    def report(self, regrade: str, *, changes: Iterable[str] = ()) -> Listing[Comparison]:
        """Who changes and why; `changes` keeps those that go `up`, `down` or stay the `same`."""
        params = {"change": ",".join(changes) or None}
        return self._calls.listing(place("regrades", regrade, "report"), Comparison.read, params)

    def table(self, regrade: str, *, changes: Iterable[str] = ()) -> bytes:
        """The whole report as CSV, safe to open in a spreadsheet."""
        params = {"format": "csv"}
        if chosen := ",".join(changes):
            params["change"] = chosen
        request = Request(method="GET", path=place("regrades", regrade, "report"), params=params, repeatable=True)
        return self._calls.transport.send(request).content

    def apply(self, regrade: str, *, never_lower: bool = False) -> Regrade:
        """Apply the previewed verdicts: all of them, or only where nobody loses marks."""
        mode = "never_lower" if never_lower else "whole"
        return self._calls.post(place("regrades", regrade, "apply"), Regrade.read, {"mode": mode}, again=True)

    def roll_back(self, regrade: str) -> Regrade:
        """Let hold again what held before, wherever this regrade's verdict still does."""
        return self._calls.post(place("regrades", regrade, "rollback"), Regrade.read, again=True)

    def cancel(self, regrade: str) -> Regrade:
        """Cancel a preview; `resume` continues it."""
        return self._calls.post(place("regrades", regrade, "cancel"), Regrade.read, again=True)

    def resume(self, regrade: str) -> Regrade:
        """Go on where it was cancelled or failed, and try again what could not be graded."""
        return self._calls.post(place("regrades", regrade, "resume"), Regrade.read, again=True)
