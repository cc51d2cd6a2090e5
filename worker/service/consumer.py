"""Celery's consumer, with more of a hurry after a broker that was away, and with patience for one without room."""

import logging
import time
import warnings
from collections.abc import Callable
from typing import Any

from celery.exceptions import CPendingDeprecationWarning
from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown
from redis.exceptions import ResponseError

_log = logging.getLogger(__name__)

#: Between two looks for a broker that is away: at first, how much longer each time, at most.
_LOOK_SECONDS = 0.2, 0.2, 1.0


#: Seconds between two looks whether a broker has room.
_ROOM_SECONDS = 1.0


class Reconnecting(Consumer):
    """Looks for a broker that is away every second or so, and takes nothing from one that has no space left.

    `shortage` returns why the broker refuses writes now, if it does; `report` is called while the consumer waits.
    """

    def __init__(
        self, *args: Any, shortage: Callable[[], str | None], report: Callable[[], None], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._shortage = shortage
        self._report = report
        self._refused = False

    def ensure_connected(self, conn: Any) -> Any:
        """The connection, once there is one; ends with the worker."""

        def away(error: Exception, interval: float) -> None:
            if interval == _LOOK_SECONDS[0]:
                _log.warning("the broker is away, and looked for until it answers: %s", error)

        start, step, most = _LOOK_SECONDS
        found = conn.ensure_connection(
            away, None, interval_start=start, interval_step=step, interval_max=most, callback=maybe_shutdown
        )
        self.first_connection_attempt = False
        self._await_room()
        return found

    def _await_room(self) -> None:
        """Wait until a broker that refused a write takes some: each message taken meanwhile would be lost."""
        if not self._refused:
            return
        said = False
        # Refused a moment ago, whatever it says now: never again at once.
        time.sleep(_ROOM_SECONDS)
        while reason := self._shortage():
            if not said:
                _log.error("this worker takes nothing until there is room: %s", reason)
            said = True
            maybe_shutdown()
            self._report()
            time.sleep(_ROOM_SECONDS)
        if said:
            _log.warning("there is room again")
        self._refused = False

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Without a word about a default of a later version, where we set it on purpose."""
        self._refused = isinstance(exc, ResponseError)
        with warnings.catch_warnings(action="ignore", category=CPendingDeprecationWarning):
            super().on_connection_error_after_connected(exc)
