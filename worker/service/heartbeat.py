"""The heartbeat of a process of the service: a report every few seconds, until it stops."""

import logging
import os
import socket
from importlib import metadata
from typing import Literal

from backmark.grader.errors import StoreUnavailable
from backmark.grader.store.store import Store
from backmark.grader.store.workers import Worker

_log = logging.getLogger(__name__)

#: Seconds between two reports; the store drops a process after three missing ones.
EVERY = 5.0


class Heartbeat:
    """The reports of one process."""

    def __init__(
        self, store: Store, role: Literal["worker", "sweeper"], concurrency: int, version: str | None = None
    ) -> None:
        """Report as `role` by `version`, Backmark's own if it is None; a worker adds its engine's."""
        self._workers = store.workers
        self._role = role
        self._concurrency = concurrency
        self._version = version or metadata.version("backmark")
        self._host = socket.gethostname()
        self.name = f"{role}@{self._host}:{os.getpid()}"

    def report(self, fault: str | None = None, way: str = "") -> None:
        """Report that the process runs, how it isolates, and its fault, if any.

        Best effort, since the next report follows soon.
        """
        worker = Worker(
            name=self.name,
            host=self._host,
            concurrency=self._concurrency,
            jail=self._role == "worker" and fault is None,
            reason=fault,
            version=self._version,
            role=self._role,
            way=way,
        )
        try:
            self._workers.report(worker)
        except StoreUnavailable as error:
            _log.debug("not reported: %s", error)

    def leave(self) -> None:
        """Report that the process stops."""
        try:
            self._workers.leave(self.name)
        except StoreUnavailable as error:
            _log.debug("the end was not reported: %s", error)
