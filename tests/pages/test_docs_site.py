"""The docs as a site: built from docs/, without a dead link, and searched in a browser."""

import re
import subprocess
import threading
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from backmark.grader.web import create_app
from backmark.grader.web.api import site
from tests.pages.browser import Window
from tests.services import require

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` does it, in a folder of the tests'. What builds it warns of no link."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    process = subprocess.run(
        ["/bin/sh", "setup/docs.sh", str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    require(None if "could not be installed" in process.stderr else process, "MkDocs")
    assert process.returncode == 0, process.stderr
    return folder


def test_every_link_within_the_site_leads_somewhere(built: Path) -> None:
    """To a file, and to a place on it."""
    places = {file: set(re.findall(r' id="([^"]+)"', file.read_text("utf-8"))) for file in built.rglob("*.html")}
    dead = [
        f"{file.relative_to(built)}: {address}"
        for file in places
        for address in map(unescape, re.findall(r'(?:href|src|action)="([^"]+)"', file.read_text("utf-8")))
        if not _leads_somewhere(file, address, places)
    ]
    assert len(places) > 40
    assert dead == []


def _leads_somewhere(file: Path, address: str, places: dict[Path, set[str]]) -> bool:
    path, _, place = address.partition("#")
    if re.match(r"(https?|mailto):", address):
        return True
    target = (file.parent / path).resolve() if path else file
    return target.is_file() and (not place or place in places.get(target, set()))


def test_no_page_runs_or_loads_what_a_policy_would_have_to_allow(built: Path) -> None:
    """No script or style in the page itself, and nothing from elsewhere."""
    for file in built.rglob("*.html"):
        text = file.read_text("utf-8")
        assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=", text), file
        assert not re.search(r'<(?:script|link|img)[^>]*(?:src|href)="(?:https?:)?//', text), file


@pytest.fixture
def address(built: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address at which a service serves the site; it needs no store for that."""
    monkeypatch.setattr(site, "FOLDER", built)
    server = make_server("127.0.0.1", 0, create_app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def test_the_search_finds_a_page_under_the_services_policy(browser: Browser, address: str) -> None:
    window = Window.open_new(browser, address, color_scheme="light")
    window.page.goto(f"{address}/docs/")
    window.page.get_by_role("searchbox").fill("Landlock")
    window.page.get_by_role("searchbox").press("Enter")
    window.page.locator("#mkdocs-search-results a").first.click()
    assert "/how-we-know/" in window.page.url
    assert window.complaints == []
    window.close()


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
def test_everybody_can_use_the_pages_of_the_docs(browser: Browser, address: str, narrow: bool) -> None:  # noqa: FBT001
    """At a phone's width, too."""
    window = Window.open_new(browser, address, narrow=narrow, color_scheme="dark" if narrow else "light")
    for name in ("", "student/", "instructor/contracts.html", "reference/http.html", "search.html"):
        window.page.goto(f"{address}/docs/{name}")
        assert (window.complaints, window.faults(), window.overflows()) == ([], [], False), name
    window.close()
