"""A headless Chromium, the machine's own, and what it complains about."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import axe_playwright_python
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Frame,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.service.parts import PATIENCE

#: Axe's own script, which comes in the wheel.
_AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
#: What axe finds and nobody may ship.
_SERIOUS = {"serious", "critical"}
#: Sizes of a window: a desktop's and a phone's.
WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}

Scheme = Literal["light", "dark"]
#: How each page is looked at.
LOOKS: tuple[tuple[Scheme, ViewportSize], ...] = (("light", WIDE), ("dark", NARROW))

#: The names that it may have, as in setup/test-tools.sh; the headless shell takes half of the processor time.
_PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """The machine's."""
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


@contextmanager
def launch_browser() -> Iterator[Browser]:
    """A browser until the end of the block."""
    with sync_playwright() as playwright:
        # Chromium's own jail needs what a container of a test often has not; it opens nothing but our pages.
        expect.set_options(timeout=1000 * PATIENCE)
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


# No slots: Playwright leaves a mark on whoever it calls.
@dataclass
class Window:
    """A browser's window of a visitor of our own, which remembers every complaint of the browser."""

    url: str
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def open_new(cls, browser: Browser, url: str, *, narrow: bool = False, **options: Any) -> "Window":
        """A window of somebody who was never here; `options` are Playwright's, such as color_scheme."""
        settings = {"locale": "en-GB", "timezone_id": "UTC", **options}
        context = browser.new_context(viewport=NARROW if narrow else WIDE, base_url=url, **settings)
        context.set_default_timeout(1000 * PATIENCE)
        window = cls(url, context, context.new_page())
        window.page.on("console", window.hear)
        window.page.on("pageerror", lambda error: window.complaints.append(str(error)))
        return window

    def go(self, path: str) -> Page:
        """Open a path."""
        self.page.goto(path)
        return self.page

    def restyle(self, scheme: Scheme, size: ViewportSize) -> None:
        """Have the page as it is drawn in this scheme of colours, in a window of this size."""
        self.page.emulate_media(color_scheme=scheme)
        self.page.set_viewport_size(size)

    def faults(self) -> list[str]:
        """What axe finds serious on the page as it is, each with the elements that it means."""
        return list_faults(self.page)

    def overflows(self) -> bool:
        """Whether the page is wider than its window."""
        return bool(self.page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth"))

    def close(self) -> None:
        """Close it."""
        self.context.close()

    def hear(self, message: ConsoleMessage) -> None:
        """Remember an error or a warning of the console."""
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.text} ({os.fspath(message.location.get('url', ''))})")


def list_faults(page: Page | Frame) -> list[str]:
    """What axe finds serious on a page or in a frame as it is, each with the elements that it means."""
    if not page.evaluate("() => 'axe' in window"):
        # Run from outside, which the policy does not forbid.
        page.evaluate(_AXE.read_text(encoding="utf-8"))
    # Only violations: on a long page the descriptions of all that passes take most of the time.
    violations: Any = page.evaluate("async () => (await axe.run({ resultTypes: ['violations'] })).violations")
    return [
        f"{violation['id']}: {node['html'][:120]}: {node['failureSummary'][:200]}"
        for violation in violations
        if violation["impact"] in _SERIOUS
        for node in violation["nodes"]
    ]
