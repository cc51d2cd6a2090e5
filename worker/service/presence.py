"""What a process of the service says of itself every few seconds, until it leaves."""

import logging
import os
import socket
from importlib import metadata
from typing import Literal

from grader.errors import StoreUnavailable
from grader.store.store import Store
from grader.store.workers import Worker

_log = logging.getLogger(__name__)

#: Seconds between two reports: the store forgets after three that did not come.
EVERY = 5.0


class Presence:
    """One process's place among those that work."""

    def __init__(self, store: Store, role: Literal["worker", "sweeper"], concurrency: int) -> None:
        self._workers = store.workers
        self._role = role
        self._concurrency = concurrency
        self._host = socket.gethostname()
        self.name = f"{role}@{self._host}:{os.getpid()}"

    def report(self, fault: str | None = None) -> None:
        """It is there, and can isolate unless there is a fault. Best effort: the next report comes soon."""
        worker = Worker(
            name=self.name,
            host=self._host,
            concurrency=self._concurrency,
            jail=self._role == "worker" and fault is None,
            reason=fault,
            version=metadata.version("backmark"),
            role=self._role,
        )
        try:
            self._workers.report(worker)
        except StoreUnavailable as error:
            _log.debug("not reported: %s", error)

    def leave(self) -> None:
        """It is no longer there."""
        try:
            self._workers.leave(self.name)
        except StoreUnavailable as error:
            _log.debug("did not say goodbye: %s", error)
