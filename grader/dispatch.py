"""The Celery producer: a message carries a job's id and nothing else; what is true stands in the store."""

import logging
import ssl
from typing import Any, Protocol

from celery import Celery
from kombu import Queue as KombuQueue
from kombu.exceptions import OperationalError

from grader.settings.service import ServiceSettings
from grader.store.records import Job, Queue

_log = logging.getLogger(__name__)

#: Before every key of Celery's, to tell them from the store's.
KEY_PREFIX = "celery:"


class Dispatcher(Protocol):
    """Tells workers that there is something to do."""

    def send(self, job: Job) -> None:
        """Best effort: what is not sent now, the sweeper sends."""
        ...


class CeleryDispatcher:
    """Sends by task name, so that a web server need not import what a worker does."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def send(self, job: Job) -> None:
        """One message on the queue of the job's kind."""
        try:
            self._app.send_task(
                f"backmark.{job.kind}", args=[job.id], queue=job.kind.queue.value, ignore_result=True, retry=False
            )
        except OperationalError as error:
            _log.warning("%s %s is recorded, but its message was not sent: %s", job.kind, job.id, error)


def application(settings: ServiceSettings) -> Celery:
    """Celery as producers and workers both have it: three queues in strict order, late acknowledgement, no results."""
    app = Celery("backmark", broker=settings.redis_url.get_secret_value(), set_as_current=False)
    options: dict[str, Any] = {
        "global_keyprefix": KEY_PREFIX,
        "queue_order_strategy": "priority",
        "socket_timeout": 5,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
    }
    app.conf.update(
        broker_transport_options=options,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        task_queues=[KombuQueue(queue.value) for queue in Queue],
        task_default_queue=Queue.STAFF.value,
        task_create_missing_queues=False,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_hijack_root_logger=False,
        task_publish_retry=False,
    )
    if settings.redis_ca is not None:
        app.conf.broker_use_ssl = {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_ca_certs": str(settings.redis_ca)}
    return app
