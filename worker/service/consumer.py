"""Celery's consumer, changed to reconnect sooner, and to wait while the broker has no room."""

import logging
import os
import time
import warnings
from collections.abc import Callable
from typing import Any

from celery.exceptions import CPendingDeprecationWarning, WorkerShutdown
from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown
from redis.exceptions import ResponseError

from backmark.worker.service.heartbeat import EVERY

_log = logging.getLogger(__name__)

#: Seconds between two connection attempts: at first, the increase each time, and at most.
_LOOK_SECONDS = 0.2, 0.2, 1.0


#: Seconds between two checks if the broker has room.
_ROOM_SECONDS = 1.0


class ReconnectingConsumer(Consumer):
    """A consumer that retries a lost broker about every second, and takes nothing while the store has no space.

    `shortage` returns why the store refuses writes, or None; `report` is called with the reason while the consumer
    waits. `asked` returns True once the worker was asked to stop: Celery does not know of it if that was before it
    handled signals.
    """

    def __init__(
        self,
        *args: Any,
        shortage: Callable[[], str | None],
        report: Callable[[str], None],
        asked: Callable[[], bool],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._shortage = shortage
        self._report = report
        self._asked = asked
        self._refused = False

    def ensure_connected(self, conn: Any) -> Any:
        """Return the connection once the broker answers; ends when the worker does."""
        due = 0.0

        def away(error: Exception, interval: float) -> None:
            nonlocal due
            if interval == _LOOK_SECONDS[0]:
                _log.warning("the broker does not answer; retrying until it does: %s", error)
            if time.monotonic() >= due:
                self._report("the broker does not answer")
                due = time.monotonic() + EVERY

        start, step, most = _LOOK_SECONDS
        connection = conn.ensure_connection(
            away, None, interval_start=start, interval_step=step, interval_max=most, callback=self._end_if_asked
        )
        self.first_connection_attempt = False
        if due:
            self._report("")
        self._await_room()
        return connection

    def _end_if_asked(self) -> None:
        if self._asked():
            raise WorkerShutdown(os.EX_OK)
        maybe_shutdown()

    def _await_room(self) -> None:
        """Wait until a broker that refused a write has room: no verdict could be written, if it is the store."""
        if not self._refused:
            return
        logged = False
        # The broker refused a write a moment ago, so never retry at once.
        time.sleep(_ROOM_SECONDS)
        while reason := self._shortage():
            if not logged:
                _log.error("this worker takes nothing until there is room: %s", reason)
            logged = True
            self._end_if_asked()
            self._report(reason)
            time.sleep(_ROOM_SECONDS)
        if logged:
            _log.warning("there is room again")
        self._refused = False

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Suppress the warning about a later version's default, which we set on purpose."""
        self._refused = isinstance(exc, ResponseError)
        with warnings.catch_warnings(action="ignore", category=CPendingDeprecationWarning):
            super().on_connection_error_after_connected(exc)
