"""The application on a real Redis, and tokens to ask it with."""

from collections.abc import Iterator

import pytest
from flask import Flask
from pydantic import SecretStr

from grader.model.records import Scope
from grader.settings.service import ServiceSettings
from grader.store.store import Store
from grader.web import create_app
from tests.services import redis_server
from tests.web.asking import Asker
from worker.serve.embedded import EmbeddedRedis

__all__ = ["redis_server"]

Applications = dict[ServiceSettings, tuple[Flask, Store]]


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks of these tests."""
    config.addinivalue_line("markers", "service(**settings): what the service of this test is set to")


@pytest.fixture
def settings(redis_server: EmbeddedRedis, request: pytest.FixtureRequest) -> ServiceSettings:
    """The settings that the application runs with; the mark `service` changes some."""
    mark = request.node.get_closest_marker("service")
    return ServiceSettings(redis_url=SecretStr(redis_server.url), **(mark.kwargs if mark else {}))


@pytest.fixture(scope="session")
def applications() -> Iterator[Applications]:
    """By settings, an application with its store: all that either remembers is in Redis."""
    made: Applications = {}
    yield made
    for _, store in made.values():
        store.close()


@pytest.fixture
def application(settings: ServiceSettings, applications: Applications) -> tuple[Flask, Store]:
    """The application and its store, empty."""
    if settings not in applications:
        store = Store.connect(settings)
        # To compile the routes of an application takes longer than most tests.
        applications[settings] = create_app(settings, store), store
    applications[settings][1].redis.flushall()
    return applications[settings]


@pytest.fixture
def store(application: tuple[Flask, Store]) -> Store:
    """The store, empty."""
    return application[1]


@pytest.fixture
def app(application: tuple[Flask, Store]) -> Flask:
    """The application."""
    return application[0]


@pytest.fixture
def staff(app: Flask, store: Store) -> Asker:
    """Asks with a staff token of the course `course`."""
    return Asker.with_token(app, store, "course", Scope.STAFF)


@pytest.fixture
def portal(app: Flask, store: Store) -> Asker:
    """Asks with a portal's token of the course `course`."""
    return Asker.with_token(app, store, "course", Scope.SUBMIT, Scope.READ)


@pytest.fixture
def admin(app: Flask, store: Store) -> Asker:
    """Asks with an admin's token."""
    return Asker.with_token(app, store, "house", Scope.ADMIN)


@pytest.fixture
def stranger(app: Flask, store: Store) -> Asker:
    """Asks with a staff token of another course."""
    return Asker.with_token(app, store, "elsewhere", Scope.STAFF)
