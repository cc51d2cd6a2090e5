"""A service of version 0.1.0 (commit b8e7fd0), on which this version goes on."""

from collections.abc import Iterator

import pytest
from flask import Flask
from pydantic import SecretStr

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
from tests.stored.service import FOLDER, KNOWN

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
