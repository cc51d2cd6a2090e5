"""The docs as a site: built from docs/, without a dead link, and searched in a browser."""

import re
import subprocess
import threading
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, expect
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
    window.page.locator("#found a").first.click()
    assert "/how-we-know/" in window.page.url
    assert window.complaints == []
    window.close()


def test_the_search_shows_pages_by_name_those_for_readers_first(browser: Browser, address: str) -> None:
    """But for a page that is asked for by its name. The last word may be unfinished, and punctuation is no syntax."""
    window = Window.open_new(browser, address, color_scheme="light")
    pages = window.page.locator("#found h2 a")
    for words, first, title in (
        ("tolerance", "instructor/contracts.html", "Set your own homework in an afternoon"),
        ("the toler", "instructor/contracts.html", "Set your own homework in an afternoon"),
        ("regrade", "instructor/regrades.html", "Regrades"),
        ("commands", "reference/commands.html", "Commands"),
        ("bm:deliveries", "how-we-know/storage.html", "What Redis holds"),
    ):
        window.page.goto(f"{address}/docs/search.html?{urlencode({'q': words})}")
        expect(pages.first).to_have_text(title)
        assert pages.first.get_attribute("href") == first, words
    # What is typed on the page itself.
    window.page.get_by_label("Words to look for").fill("regrade")
    expect(pages.first).to_have_text("Regrades")
    expect(window.page.locator("#found mark").first).to_have_text(re.compile("regrade", re.IGNORECASE))
    window.page.get_by_label("Words to look for").fill("xyzzy")
    expect(window.page.locator("#found")).to_have_text("No page has these words.")
    assert window.complaints == []
    window.close()


def test_a_page_lists_its_headings_and_leads_to_the_next_page(browser: Browser, address: str) -> None:
    """Beside the text, at a desktop's width. Each heading is a link to itself."""
    window = Window.open_new(browser, address, color_scheme="light")
    page = window.go("/docs/student/reading.html")
    contents = page.get_by_role("navigation", name="On this page")
    contents.get_by_role("link", name="Marks, attempts and time").click()
    heading = page.get_by_role("heading", name="Marks, attempts and time")
    assert page.url.endswith("#marks-attempts-and-time")
    heading.get_by_role("link", name="#").click()
    assert page.url.endswith("#marks-attempts-and-time")
    text = _box(page.locator(".text"))
    assert text["x"] + text["width"] <= _box(contents)["x"]
    page.get_by_role("link", name="Next").click()
    assert page.url.endswith("/docs/student/submissions.html")
    page.get_by_role("link", name="Previous").click()
    assert page.url.endswith("/docs/student/reading.html")
    window.close()


def test_on_a_phone_a_page_begins_with_its_title(browser: Browser, address: str) -> None:
    """The lists below it are closed until somebody opens them."""
    window = Window.open_new(browser, address, narrow=True, color_scheme="light")
    page = window.go("/docs/instructor/contracts.html")
    pages = page.get_by_role("navigation", name="Instructors")
    assert _box(page.get_by_role("heading", level=1))["y"] < _box(pages)["y"]
    expect(pages.get_by_role("link").first).to_be_hidden()
    pages.get_by_text("Instructors", exact=True).click()
    expect(pages.get_by_role("link").first).to_be_visible()
    window.close()


def _box(place: Locator) -> FloatRect:
    box = place.bounding_box()
    assert box
    return box


def test_code_has_colours_and_a_button_that_copies_what_one_types(browser: Browser, address: str) -> None:
    """Of a terminal's session neither the prompt nor what came."""
    window = Window.open_new(browser, address, permissions=["clipboard-read", "clipboard-write"])
    page = window.go("/docs/instructor/kits.html")
    session = page.locator(".codehilite").first
    expect(session.locator(".gp")).to_have_text("$ ")
    session.hover()
    session.get_by_role("button", name="Copy").click()
    expect(session.get_by_role("button")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "backmark assignment kit udl-7.2 -o udl-7.2.kit"
    assert window.complaints == []
    window.close()


def test_a_bar_in_the_code_of_a_table_has_no_backslash(built: Path) -> None:
    """Markdown needs it there."""
    assert "--assignment ID|FILE|FOLDER" in (built / "reference/commands.html").read_text("utf-8")
    assert [file.name for file in built.rglob("*.html") if "\\|" in file.read_text("utf-8")] == []


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
def test_everybody_can_use_the_pages_of_the_docs(browser: Browser, address: str, narrow: bool) -> None:  # noqa: FBT001
    """At a phone's width, too."""
    window = Window.open_new(browser, address, narrow=narrow, color_scheme="dark" if narrow else "light")
    for name in ("", "student/", "instructor/contracts.html", "reference/http.html", "search.html"):
        window.page.goto(f"{address}/docs/{name}")
        assert (window.complaints, window.faults(), window.overflows()) == ([], [], False), name
    window.close()
