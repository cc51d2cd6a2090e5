"""Regrades: requested, previewed, reported, applied or cancelled, and rolled back. For staff."""

import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from backmark.grader.client.calls import Calls, path_of
from backmark.grader.client.pages import Listing
from backmark.grader.client.records import Comparison, Regrade, reader
from backmark.grader.client.transport import Request

#: Seconds between two polls of a regrade: at first, and at most.
_SOON, _LATE = 0.2, 2.0


class RegradeCalls:
    """The methods of `client.regrades`. Each may be repeated: it is still one regrade, applied once."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def start(  # noqa: PLR0913 - filters, each by its name
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
        """Request a preview, which changes nothing.

        Grades against `revision` (by default the current one) the submissions with one of the `outcomes`, created
        `since` then, by these `students`; of each student `all`, the `latest` or the `best`. `fresh` reuses nothing.
        """
        body: dict[str, Any] = {
            "assignment": assignment,
            "outcomes": list(outcomes),
            "students": list(students),
            "which": which,
            "fresh": fresh,
            **self._calls.in_course({"revision": revision, "since": None if since is None else since.isoformat()}),
        }
        return self._calls.post("/regrades", reader(Regrade), body, again=True)

    def get(self, regrade: str) -> Regrade:
        """Return the current state of a regrade."""
        return self._calls.get(path_of("regrades", regrade), reader(Regrade))

    def list(self) -> Listing[Regrade]:
        """Return the course's regrades, newest first."""
        return self._calls.listing("/regrades", reader(Regrade), self._calls.in_course())

    def watch(self, regrade: str) -> Iterator[Regrade]:
        """Yield a regrade repeatedly until nothing happens without a decision."""
        pause = _SOON
        while True:
            current = self.get(regrade)
            yield current
            if current.at_rest:
                return
            time.sleep(pause)
            pause = min(_LATE, 1.5 * pause)

    def wait(self, regrade: str) -> Regrade:
        """Return the regrade once it is previewed, applied, rolled back, cancelled or failed."""
        *_, last = self.watch(regrade)
        return last

    def report(self, regrade: str, *, changes: Iterable[str] = ()) -> Listing[Comparison]:
        """Return the comparisons; `changes` selects those that go `up`, `down` or stay the `same`."""
        params = {"change": ",".join(changes) or None}
        return self._calls.listing(path_of("regrades", regrade, "report"), reader(Comparison), params)

    def table(self, regrade: str, *, changes: Iterable[str] = ()) -> bytes:
        """Return the whole report as CSV, safe to open in a spreadsheet."""
        params = {"format": "csv"}
        if chosen := ",".join(changes):
            params["change"] = chosen
        request = Request(method="GET", path=path_of("regrades", regrade, "report"), params=params, repeatable=True)
        return self._calls.transport.send(request).content

    def apply(self, regrade: str, *, never_lower: bool = False) -> Regrade:
        """Apply the previewed verdicts: all, or only those that lower no marks."""
        mode = "never_lower" if never_lower else "whole"
        return self._calls.post(path_of("regrades", regrade, "apply"), reader(Regrade), {"mode": mode}, again=True)

    def roll_back(self, regrade: str) -> Regrade:
        """Restore the previous verdicts, except where another one has replaced this regrade's."""
        return self._calls.post(path_of("regrades", regrade, "rollback"), reader(Regrade), again=True)

    def cancel(self, regrade: str) -> Regrade:
        """Cancel a preview; `resume` continues it."""
        return self._calls.post(path_of("regrades", regrade, "cancel"), reader(Regrade), again=True)

    def resume(self, regrade: str) -> Regrade:
        """Resume a cancelled or failed regrade, and retry what could not be graded."""
        return self._calls.post(path_of("regrades", regrade, "resume"), reader(Regrade), again=True)
