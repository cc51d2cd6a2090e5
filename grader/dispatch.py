"""The Celery producer: a message carries a job's id and nothing else; what is true stands in the store."""

import logging
import ssl
from typing import Any, Protocol

from celery import Celery
from kombu import Queue as KombuQueue

from backmark.grader.model.records import Job, Kind, Queue
from backmark.grader.settings.service import ServiceSettings

_log = logging.getLogger(__name__)

#: Before every key of Celery's, to tell them from the store's.
KEY_PREFIX = "celery:"
#: Ahead of all other queues: what a worker gave back, or was killed over, keeps its place.
AGAIN = "again"
#: Seconds after which a message that a worker took, and did not acknowledge, is given to another. A message too many
#: does no harm, so this is short: it brings back what a killed worker had taken and not yet claimed.
_VISIBILITY = 60
#: One more try at once: a connection that Redis closed meanwhile is only noticed when it is used.
_RETRY = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}


class Dispatcher(Protocol):
    """Tells workers that there is something to do. Best effort: what is not sent now, the sweeper sends."""

    def send(self, job: Job) -> None:
        """To whoever is free, after what was sent before."""
        ...

    def send_again(self, job: Job) -> None:
        """To whoever is free next: it was a worker's already."""
        ...


class CeleryDispatcher:
    """Sends by task name, so that a web server need not import what a worker does."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def send(self, job: Job) -> None:
        """One message on the queue of the job's kind."""
        self._send(job, job.kind.queue.value)

    def send_again(self, job: Job) -> None:
        """One message ahead of the others; a regrade's waits among its own, behind whoever waits for an answer."""
        self._send(job, Queue.REGRADE.value if job.kind.queue is Queue.REGRADE else AGAIN)

    def _send(self, job: Job, queue: str) -> None:
        try:
            self._app.send_task(
                f"backmark.{job.kind}",
                args=[job.id],
                queue=queue,
                ignore_result=True,
                retry=True,
                retry_policy=_RETRY,
            )
        except Exception as error:  # noqa: BLE001 - kombu raises what it pleases, an AttributeError within it too
            # What is recorded is recorded, whatever becomes of its message: the sweeper sends another.
            reason = str(error)[:300] or type(error).__name__
            _log.warning("%s %s is recorded, but its message was not sent: %s", job.kind, job.id, reason)


def _broker(url: str) -> str:
    """Return the address as kombu writes it: a socket's has a scheme of its own, and another word for the database."""
    if not url.startswith("unix:"):
        return url
    return url.replace("unix:", "redis+socket:", 1).replace("?db=", "?virtual_host=").replace("&db=", "&virtual_host=")


def application(settings: ServiceSettings) -> Celery:
    """Celery as producers and workers both have it: queues in strict order, late acknowledgement, no results."""
    app = Celery("backmark", broker=_broker(settings.redis_url.get_secret_value()), set_as_current=False)
    options: dict[str, Any] = {
        "global_keyprefix": KEY_PREFIX,
        "queue_order_strategy": "priority",
        "visibility_timeout": _VISIBILITY,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
    }
    app.conf.update(
        broker_transport_options=options,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # A Redis without space left refuses a consumer's writes: that passes, and should not end a worker.
        broker_channel_error_retry=True,
        task_queues=[KombuQueue(name) for name in (AGAIN, *dict.fromkeys(kind.queue.value for kind in Kind))],
        task_default_queue=Queue.STAFF.value,
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
    if settings.redis_ca is not None:
        app.conf.broker_use_ssl = {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_ca_certs": str(settings.redis_ca)}
    return app
