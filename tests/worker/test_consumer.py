"""Celery's consumer, as the worker changes it."""

from types import SimpleNamespace
from typing import Any

import pytest
from celery.exceptions import WorkerShutdown

from backmark.worker.service.consumer import ReconnectingConsumer


def test_a_worker_that_was_asked_to_stop_before_it_found_a_broker_ends() -> None:
    """Else it would look for a broker that is gone for ever: a signal before Celery handles signals is ours alone."""
    consumer = ReconnectingConsumer.__new__(ReconnectingConsumer)
    consumer._asked = lambda: True

    def look(*_: Any, callback: Any, **__: Any) -> None:
        callback()

    with pytest.raises(WorkerShutdown):
        consumer.ensure_connected(SimpleNamespace(ensure_connection=look))
