"""Celery's consumer, with more of a hurry: what waits in a broker that was away should not wait for us."""

import logging
import warnings
from typing import Any

from celery.exceptions import CPendingDeprecationWarning
from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown

_log = logging.getLogger(__name__)

#: Between two looks for a broker that is away: at first, how much longer each time, at most.
_LOOK_SECONDS = 0.2, 0.2, 1.0


class Reconnecting(Consumer):
    """Looks for a broker that is away every second or so."""

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
        return found

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Without a word about a default of a later version, where we set it on purpose."""
        with warnings.catch_warnings(action="ignore", category=CPendingDeprecationWarning):
            super().on_connection_error_after_connected(exc)
