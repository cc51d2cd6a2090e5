"""The application on a real Redis, and tokens to ask it with."""

from collections.abc import Iterator

import pytest
from flask import Flask
from pydantic import SecretStr

from backmark.grader.model.records import Scope
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.grader.web import create_app
from backmark.grader.web.service import Service
from backmark.worker.serve.embedded import EmbeddedRedis
from tests.services import redis_server
from tests.web.asking import Asker

__all__ = ["redis_server"]

Applications = dict[ServiceSettings, Flask]


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks of these tests."""
    config.addinivalue_line("markers", "service(**settings): what the service of this test is set to")


@pytest.fixture
def settings(redis_server: EmbeddedRedis, request: pytest.FixtureRequest) -> ServiceSettings:
    """The settings that the application runs with; the mark `service` changes some."""
    mark = request.node.get_closest_marker("service")
    return ServiceSettings(redis_url=SecretStr(redis_server.url), **(mark.kwargs if mark else {}))


@pytest.fixture
def store(settings: ServiceSettings) -> Iterator[Store]:
    """The store, empty."""
    store = Store.connect(settings)
    store.redis.flushall()
    yield store
    store.close()


@pytest.fixture(scope="session")
def applications() -> Applications:
    """Applications by their settings: to compile the routes of one takes longer than most tests."""
    return {}


@pytest.fixture
def app(settings: ServiceSettings, store: Store, applications: Applications) -> Flask:
    """The application, on a service of the test's own."""
    if settings not in applications:
        applications[settings] = create_app(settings, store)
    Service.create(settings, store).install(applications[settings])
    return applications[settings]


@pytest.fixture
def staff(app: Flask, store: Store) -> Asker:
    """Asks with a token of staff of the course `course`, who may publish."""
    return Asker.with_token(app, store, "course", Scope.STAFF, Scope.AUTHOR)


@pytest.fixture
def portal(app: Flask, store: Store) -> Asker:
    """Asks with a portal's token of the course `course`."""
    return Asker.with_token(app, store, "course", Scope.SUBMIT, Scope.READ)


@pytest.fixture
def admin(app: Flask, store: Store) -> Asker:
    """Asks with an admin's token."""
    return Asker.with_token(app, store, "house", Scope.ADMIN)


@pytest.fixture
def operator(app: Flask, store: Store) -> Asker:
    """Asks with the token of an operator's Prometheus."""
    return Asker.with_token(app, store, "house", Scope.OPERATE)


@pytest.fixture
def stranger(app: Flask, store: Store) -> Asker:
    """Asks with such a token of another course."""
    return Asker.with_token(app, store, "elsewhere", Scope.STAFF, Scope.AUTHOR)
