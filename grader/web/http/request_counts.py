"""The requests that a web process answers, counted in memory and added to the store's counters now and then.

A count that is written with each request would make each wait for Redis's disk once more.
"""

import threading
import time
from collections import Counter

from flask import Flask, current_app

from backmark.grader.errors import StoreUnavailable
from backmark.grader.store.counters import Counters

#: Seconds between two writes; what a process counted since its last request is written when it is asked again.
_WRITE_SECONDS = 2.0
_NAME = "backmark.request_counts"


class RequestCounts:
    """The counts of one process since it last wrote them. Any thread may add to them."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._milliseconds: dict[str, float] = {}
        self._due = 0.0

    def install(self, app: Flask) -> None:
        """Count the requests of an application here."""
        app.extensions[_NAME] = self

    def add(self, endpoint: str, status: int, milliseconds: float) -> None:
        """Count a request that was answered."""
        with self._lock:
            self._requests[endpoint, status] += 1
            self._milliseconds[endpoint] = self._milliseconds.get(endpoint, 0.0) + milliseconds
            due = time.monotonic() >= self._due
        if due:
            self.write()

    def write(self) -> None:
        """Add the counts to the store's. If it does not answer they are kept for the next time."""
        with self._lock:
            requests, milliseconds = self._requests, self._milliseconds
            self._requests, self._milliseconds = Counter(), {}
            self._due = time.monotonic() + _WRITE_SECONDS
        try:
            self._counters.add_requests(requests, milliseconds)
        except StoreUnavailable:
            with self._lock:
                self._requests += requests
                for endpoint, time_taken in milliseconds.items():
                    self._milliseconds[endpoint] = self._milliseconds.get(endpoint, 0.0) + time_taken


def request_counts() -> RequestCounts:
    """Return the counts of the application that answers the request."""
    counts: RequestCounts = current_app.extensions[_NAME]
    return counts
