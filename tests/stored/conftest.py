"""A service that was stored, on which this version goes on."""

from collections.abc import Iterator

import pytest
from flask import Flask

from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.grader.web import create_app
from backmark.worker.grading.pool import Jails
from backmark.worker.serve.embedded import EmbeddedRedis
from backmark.worker.service.context import Context
from backmark.worker.service.graders import Graders
from backmark.worker.service.isolation import Isolation
from backmark.worker.service.stop import Stop
from tests.service.conftest import Sent, draw_once
from tests.services import redis_server
from tests.stored.loading import restore
from tests.stored.service import AT_0_3_0, StoredService

__all__ = ["draw_once", "redis_server"]


@pytest.fixture
def stored() -> StoredService:
    """The service that was stored."""
    return AT_0_3_0


@pytest.fixture
def settings(redis_server: EmbeddedRedis, stored: StoredService) -> ServiceSettings:
    return stored.settings(redis_server.url)


@pytest.fixture
def store(settings: ServiceSettings, stored: StoredService) -> Iterator[Store]:
    """The store, as it was then."""
    data_store = Store.connect(settings)
    restore(data_store.redis, stored.folder)
    yield data_store
    data_store.close()


@pytest.fixture
def app(settings: ServiceSettings, store: Store) -> Flask:
    return create_app(settings, store)


@pytest.fixture
def context(settings: ServiceSettings, store: Store, jails: Jails, stored: StoredService) -> Context:
    """A worker's."""
    graders = Graders(store.assignments, jails, stored.known["secret"].encode())
    return Context(settings, store, Sent(), graders, jails, Stop(), Isolation(None))
