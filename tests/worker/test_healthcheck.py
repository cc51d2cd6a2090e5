"""The health check of a container: the last report of its process in the store."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.grader.store.workers import Worker
from backmark.worker.serve.embedded import EmbeddedRedis
from backmark.worker.service.healthcheck import fault
from tests.services import redis_server as redis_server  # noqa: PLC0414 - a fixture, by its name

WORKER = Worker("worker@here:7", "here", concurrency=2, jail=True, reason=None, version="1", role="worker")


@pytest.fixture
def store(redis_server: EmbeddedRedis) -> Iterator[Store]:
    """An empty store."""
    new_store = Store.connect(ServiceSettings(redis_url=SecretStr(redis_server.url)))
    new_store.redis.flushall()
    yield new_store
    new_store.close()


def test_a_worker_that_can_isolate_is_well(store: Store) -> None:
    store.workers.report(WORKER)
    assert fault(store, "worker", "here") is None


def test_a_worker_that_cannot_isolate_is_not_and_says_why(store: Store) -> None:
    store.workers.report(replace(WORKER, jail=False, reason="no bubblewrap"))
    assert fault(store, "worker", "here") == "no bubblewrap"


def test_what_others_say_does_not_count(store: Store) -> None:
    store.workers.report(WORKER)
    assert fault(store, "worker", "elsewhere") == "the worker has not reported within 15 seconds"
    assert fault(store, "sweeper", "here") == "the sweeper has not reported within 15 seconds"


def test_without_redis_nothing_is_well() -> None:
    with_nobody = Store.connect(ServiceSettings(redis_url=SecretStr("redis://127.0.0.1:1/0")))
    assert "Redis does not answer" in str(fault(with_nobody, "worker", "here"))
