"""The tool on a real Redis, and an LMS beside it that listens on a port."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

import pytest
from flask import Flask
from pydantic import HttpUrl, SecretStr

from backmark.grader.lti.identity import platform_id
from backmark.grader.model.lti import Platform
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.grader.web import create_app
from backmark.worker.serve.embedded import EmbeddedRedis
from tests.lti.browsing import PUBLIC, LtiBrowser
from tests.lti.platform.lms import INSTRUCTOR, Link, Lms, Tool
from tests.lti.platform.serving import serve_app
from tests.services import redis_server

__all__ = ["redis_server"]

ASSIGNMENT = "udl-7.2"


@pytest.fixture(scope="session")
def settings(redis_server: EmbeddedRedis) -> ServiceSettings:
    """The settings of a tool that may speak to this machine, without TLS."""
    return ServiceSettings(
        redis_url=SecretStr(redis_server.url),
        secret=SecretStr("only for tests, and as long as a real one is"),
        public_url=HttpUrl(PUBLIC),
        callback_networks=(IPv4Network("127.0.0.0/8"),),
        callback_http=True,
    )


@pytest.fixture(scope="session")
def tool(settings: ServiceSettings) -> Iterator[Flask]:
    """The tool's application, one for all tests: each begins with an empty store."""
    store = Store.connect(settings)
    yield create_app(settings, store)
    store.close()


@pytest.fixture
def store(settings: ServiceSettings) -> Iterator[Store]:
    """The store, empty."""
    store = Store.connect(settings)
    store.redis.flushall()
    yield store
    store.close()


@pytest.fixture(scope="session")
def served_lms() -> Iterator[list[Lms]]:
    """The LMS of the test, served at one port for all."""
    current: list[Lms] = []

    def answer(environ: Any, start: Any) -> Any:
        return current[-1].app(environ, start)

    with serve_app(answer) as port:
        current.append(Lms(f"http://127.0.0.1:{port}"))
        yield current


@pytest.fixture
def lms(served_lms: list[Lms], tool: Flask, store: Store) -> Lms:
    """An LMS in which the tool is registered, with a course, its staff, two students and a link."""
    key = served_lms[-1].key
    lms = Lms(
        served_lms[-1].url, key=key, fetch=lambda url: tool.test_client().get(url.removeprefix(PUBLIC)).get_json()
    )
    served_lms[-1] = lms
    enter(store, lms)
    lms.enrol("7", "Ada Lovelace")
    lms.enrol("8", "Bob Bernoulli")
    lms.enrol("2", "Tina Teacher", INSTRUCTOR)
    column = f"{lms.url}/lineitems/1"
    lms.add_link(Link("link-1", "course-1", custom={"assignment": ASSIGNMENT}, line_item=column))
    return lms


def enter(store: Store, lms: Lms, client_id: str = "client-1") -> Platform:
    """Register the tool in an LMS by hand, on both sides."""
    lms.tool = Tool(client_id, f"{PUBLIC}/lti/login", f"{PUBLIC}/lti/launch", f"{PUBLIC}/lti/keys")
    platform = Platform(
        platform_id(lms.url, client_id),
        lms.url,
        client_id,
        login_url=f"{lms.url}/auth",
        token_url=f"{lms.service_url}/token",
        keys_url=f"{lms.service_url}/keys",
    )
    assert store.platforms.add(platform)
    return platform


@pytest.fixture
def browser(tool: Flask, lms: Lms) -> LtiBrowser:
    """A browser."""
    return LtiBrowser.open_new(tool, lms)
