"""A store on a real Redis, empty at the start of each test."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.regrades import selection, worker_steps
from backmark.grader.store.store import Store
from backmark.worker.serve.embedded import EmbeddedRedis
from tests.services import redis_server

__all__ = ["redis_server", "settings", "store"]


@pytest.fixture
def settings(redis_server: EmbeddedRedis) -> ServiceSettings:
    return ServiceSettings(redis_url=SecretStr(redis_server.url), tries=3)


@pytest.fixture
def store(settings: ServiceSettings) -> Iterator[Store]:
    new_store = Store.connect(settings)
    new_store.redis.flushall()
    yield new_store
    new_store.close()


@pytest.fixture
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Regrades that choose four submissions at once and change two, so that a few cross from one chunk to the next."""
    monkeypatch.setattr(selection, "_CHUNK", 4)
    monkeypatch.setattr(worker_steps, "_CHUNK", 2)
