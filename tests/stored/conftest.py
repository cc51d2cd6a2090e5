"""A service of version 0.1.0 (commit b8e7fd0), on which this version goes on."""

from collections.abc import Iterator

import pytest
from flask import Flask
from pydantic import SecretStr

from grader.settings.service import ServiceSettings
from grader.store.store import Store
from grader.web import create_app
from tests.service.conftest import Sent, draw_once
from tests.services import redis_server
from tests.stored.loading import restore
from tests.stored.service import FOLDER, KNOWN
from worker.grading.pool import Jails
from worker.serve.embedded import EmbeddedRedis
from worker.service.context import Context
from worker.service.graders import Graders
from worker.service.isolation import Isolation
from worker.service.stop import Stop

__all__ = ["draw_once", "redis_server"]


@pytest.fixture
def settings(redis_server: EmbeddedRedis) -> ServiceSettings:
    return ServiceSettings(
        redis_url=SecretStr(redis_server.url), secret=SecretStr(KNOWN["secret"]), tries=2, link_days=3650
    )


@pytest.fixture
def store(settings: ServiceSettings) -> Iterator[Store]:
    """The store, as it was then."""
    data_store = Store.connect(settings)
    restore(data_store.redis, FOLDER)
    yield data_store
    data_store.close()


@pytest.fixture
def app(settings: ServiceSettings, store: Store) -> Flask:
    return create_app(settings, store)


@pytest.fixture
def context(settings: ServiceSettings, store: Store, jails: Jails) -> Context:
    """A worker's."""
    graders = Graders(store.assignments, jails, KNOWN["secret"].encode())
    return Context(settings, store, Sent(), graders, jails, Stop(), Isolation(None))
