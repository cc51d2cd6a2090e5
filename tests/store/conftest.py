"""A store on a real Redis, empty at the start of each test."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from backmark.grader.settings.service import ServiceSettings
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
