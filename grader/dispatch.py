"""The Celery producer: a message is a nudge, which names nothing; what is true stands in the store."""

import logging
import ssl
import time
from typing import Any, Protocol

from celery import Celery
from kombu import Queue

from backmark.grader.settings.service import ServiceSettings

_log = logging.getLogger(__name__)

#: Before every key of Celery's, to tell them from the store's.
KEY_PREFIX = "celery:"
#: The name of the only queue, and of the only task.
QUEUE, TASK = "backmark", "backmark.look"
#: Seconds after which Redis gives a message that a worker took, and did not acknowledge, to another. A message too many
#: does no harm, so this is short.
_VISIBILITY = 60
#: Seconds to wait for a connection to the broker, and for an answer.
_SECONDS = 3
#: One more try at once: a connection that the broker closed meanwhile is only noticed when it is used.
_RETRY = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
#: Seconds for which nothing is sent after a failure, and as long again as that took.
_PAUSE = 1.0


class Dispatcher(Protocol):
    """Tells workers that there is something to do. Best effort: what is not sent now, the sweeper sends."""

    def nudge(self, times: int = 1) -> None:
        """Have so many processes look for work, as soon as they are free."""
        ...


class CeleryDispatcher:
    """Sends by task name, so that a web server need not import what a worker does."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        #: Until when the broker is left alone, by the monotonic clock.
        self._retry_at = 0.0

    def nudge(self, times: int = 1) -> None:
        """Send so many messages, or none while the broker has just failed: nobody who hands in waits for it."""
        start = time.monotonic()
        if start < self._retry_at:
            return
        try:
            for _ in range(times):
                self._app.send_task(TASK, ignore_result=True, confirm_timeout=_SECONDS, retry=True, retry_policy=_RETRY)
        except Exception as error:  # noqa: BLE001 - kombu raises what it pleases, an AttributeError within it too
            # What is recorded is recorded, and waits: the sweeper nudges again.
            now = time.monotonic()
            self._retry_at = now + _PAUSE + (now - start)
            reason = str(error)[:300] or type(error).__name__
            _log.warning("the workers were not told that work waits: %s", reason)


def _broker(settings: ServiceSettings) -> str:
    """Return the broker's address as kombu writes it: a socket's has a scheme of its own, and another word for it."""
    url = (settings.broker_url or settings.redis_url).get_secret_value()
    if not url.startswith("unix:"):
        return url
    return url.replace("unix:", "redis+socket:", 1).replace("?db=", "?virtual_host=").replace("&db=", "&virtual_host=")


def _transport_options(url: str) -> dict[str, Any]:
    """Return the options of a broker's transport; one that is neither Redis nor RabbitMQ has its own."""
    if url.startswith("redis"):
        return {
            "global_keyprefix": KEY_PREFIX,
            "visibility_timeout": _VISIBILITY,
            "unacked_restore_throttle": 1,
            "socket_timeout": _SECONDS,
            "socket_connect_timeout": _SECONDS,
            "socket_keepalive": True,
        }
    # Else a message to a RabbitMQ that has gone is lost without an error.
    return {"confirm_publish": True} if url.startswith("amqp") else {}


def application(settings: ServiceSettings) -> Celery:
    """Celery as producers and workers both have it: one queue, late acknowledgement, no results."""
    url = _broker(settings)
    app = Celery("backmark", broker=url, set_as_current=False)
    app.conf.update(
        broker_transport_options=_transport_options(url),
        broker_connection_timeout=_SECONDS,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # A broker without space left refuses a consumer's writes: that passes, and should not end a worker.
        broker_channel_error_retry=True,
        task_queues=[Queue(QUEUE)],
        task_default_queue=QUEUE,
        task_create_missing_queues=False,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        # Running tasks have claims of their own: what they need not is to be cancelled, or the worker to fetch less.
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_enable_prefetch_count_reduction=False,
        # A child pushes at the walls of a jail before it says that it is up, on a machine that may be busy.
        worker_proc_alive_timeout=60.0,
        # Nobody commands a worker but signals: no channel for it in Redis.
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
    )
    if settings.redis_ca is not None and url.startswith(("rediss:", "amqps:")):
        prefix = "ssl_" if url.startswith("rediss:") else ""
        authority = {"cert_reqs": ssl.CERT_REQUIRED, "ca_certs": str(settings.redis_ca)}
        app.conf.broker_use_ssl = {f"{prefix}{name}": value for name, value in authority.items()}
    return app
