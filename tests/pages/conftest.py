"""A browser, the whole service behind it, and windows that must not complain."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.pages.browser import Window, chromium, launched
from tests.pages.house import House, housed
from tests.services import redis_server, require
from worker.sandbox.policy import Launch
from worker.serve.embedded import EmbeddedRedis

__all__ = ["Opening", "redis_server"]

Opening = Callable[..., Window]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium: skipped at home where there is none, a failure in CI."""
    require(chromium(), "Chromium")
    with launched() as opened:
        yield opened


@pytest.fixture(scope="session")
def house(redis_server: EmbeddedRedis, jail: Launch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The service, one for all tests of the pages: each takes students of its own."""
    assert jail.jailed
    with housed(redis_server.url, Path(tmp_path_factory.mktemp("house"))) as opened:
        yield opened


@pytest.fixture
def opening(browser: Browser, house: House) -> Iterator[Opening]:
    """Opens windows; at the end of the test none may have had an error, or something that the policy forbids."""
    windows: list[Window] = []

    def opened(**how: Any) -> Window:
        windows.append(Window.opened(browser, house.url, **how))
        return windows[-1]

    yield opened
    complaints = [each for window in windows for each in window.complaints]
    for window in windows:
        window.close()
    assert complaints == []


@pytest.fixture
def window(opening: Opening) -> Window:
    """A desktop's."""
    return opening()
