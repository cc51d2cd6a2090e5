"""A child process of a worker: its own context, and the handling of its messages."""

import logging

from backmark.grader.dispatch import CeleryDispatcher, application
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.worker.grading.pool import Jails
from backmark.worker.sandbox.policy import Launch
from backmark.worker.service import tasks
from backmark.worker.service.context import Context
from backmark.worker.service.graders import Graders
from backmark.worker.service.isolation import Isolation
from backmark.worker.service.stop import Stop

_log = logging.getLogger(__name__)

#: Seconds between two attempts to start.
_RETRY_SECONDS = 1.0


class Child:
    """A worker's child. Created in the worker's first process; each forked child creates its own context."""

    def __init__(self, settings: ServiceSettings, launch: Launch, stop: Stop, isolation: Isolation) -> None:
        self._settings = settings
        self._launch = launch
        self._stop = stop
        self._isolation = isolation
        self._context: Context | None = None

    def start(self) -> None:
        """Create the context, in the child, before its first message: repeatedly, until that succeeds.

        Celery would give messages also to a child that failed to start, and end a worker whose first child exits.
        """
        self._stop.close_writer()
        while self._context is None and not self._stop.requested:
            try:
                self._context = self._create_context()
            except Exception:  # noqa: BLE001 - an edge: whatever it is, it may pass
                _log.exception("a process that grades could not start; it tries again")
                # If the machine is the reason, whoever looks at the worker is told.
                self._isolation.examine()
                self._stop.wait(_RETRY_SECONDS)

    def _create_context(self) -> Context:
        store = Store.connect(self._settings)
        secret = self._settings.secret
        jails = Jails(self._launch)
        try:
            jails.check()
        except Exception:
            # The next attempt makes a template of its own.
            jails.close()
            store.close()
            raise
        return Context(
            self._settings,
            store,
            CeleryDispatcher(application(self._settings)),
            Graders(store.assignments, jails, secret.get_secret_value().encode() if secret else None),
            jails,
            self._stop,
            self._isolation,
        )

    def end(self) -> None:
        """Close the context, in the child, after its last message."""
        if self._context is not None:
            self._context.jails.close()
            self._context.store.close()

    def perform(self) -> None:
        """Perform what waits."""
        if self._context is None:
            raise RuntimeError("this process was not started as a worker's child")
        tasks.perform(self._context)
