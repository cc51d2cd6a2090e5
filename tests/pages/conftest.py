"""A browser, the whole service behind it, and windows that must not complain."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from backmark.worker.sandbox.policy import Launch
from backmark.worker.serve.embedded import EmbeddedRedis
from tests.pages.browser import Window, chromium, launch_browser
from tests.pages.house import House, build_house
from tests.services import redis_server, require

__all__ = ["Opening", "redis_server"]

Opening = Callable[..., Window]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium: skipped at home where there is none, a failure in CI."""
    require(chromium(), "Chromium")
    with launch_browser() as chromium_browser:
        yield chromium_browser


@pytest.fixture(scope="session")
def house(redis_server: EmbeddedRedis, jail: Launch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The service, one for all tests of the pages: each takes students of its own."""
    assert jail.jailed
    with build_house(redis_server.url, Path(tmp_path_factory.mktemp("house"))) as open_house:
        yield open_house


@pytest.fixture
def opening(browser: Browser, house: House) -> Iterator[Opening]:
    """Opens windows; at the end of the test none may have had an error, or something that the policy forbids."""
    windows: list[Window] = []

    def open_window(**options: Any) -> Window:
        windows.append(Window.open_new(browser, house.url, **options))
        return windows[-1]

    yield open_window
    complaints = [complaint for window in windows for complaint in window.complaints]
    for window in windows:
        window.close()
    assert complaints == []


@pytest.fixture
def window(opening: Opening) -> Window:
    """A desktop's."""
    return opening()
