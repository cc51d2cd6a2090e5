"""The docs under /docs: files of the site that was built, and a page that says what to do where none was."""

from pathlib import Path

import pytest
from flask import Flask

from backmark.grader.web.api import site


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small site, in the place of the one that `make docs` builds; a file lies beside it."""
    folder = tmp_path / "site"
    for name in ("index.html", "student/index.html", "search/worker.js"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name, encoding="utf-8")
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    monkeypatch.setattr(site, "FOLDER", folder)
    return folder


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/docs/", "index.html"),
        ("/docs/index.html", "index.html"),
        ("/docs/student/", "student/index.html"),
        ("/docs/search/worker.js", "search/worker.js"),
    ],
)
def test_a_file_of_the_site_is_served_and_runs_nothing_but_the_sites_own_scripts(
    app: Flask, address: str, name: str
) -> None:
    """A worker too obeys the policy of its own file."""
    answer = app.test_client().get(address, buffered=True)
    assert (answer.status_code, answer.text) == (200, name)
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "address",
    [
        "/docs/none.html",
        "/docs/student",
        "/docs/search/",
        "/docs/../secret",
        "/docs/%2e%2e/secret",
        "/docs//etc/passwd",
    ],
)
def test_what_is_no_file_of_the_site_is_not_found(app: Flask, address: str) -> None:
    answer = app.test_client().get(address, buffered=True)
    assert answer.status_code == 404
    assert "secret" not in answer.text


@pytest.mark.usefixtures("built")
def test_without_a_slash_one_comes_to_the_first_page(app: Flask) -> None:
    answer = app.test_client().get("/docs")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/docs/")


@pytest.mark.usefixtures("built")
def test_pages_lead_to_the_docs(app: Flask) -> None:
    assert 'href="/docs/"' in app.test_client().get("/problems").text


@pytest.mark.parametrize("address", ["/docs/", "/docs/student/index.html"])
def test_where_no_site_was_built_a_page_says_how_to_build_it(
    app: Flask, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "FOLDER", tmp_path)
    answer = app.test_client().get(address)
    assert (answer.status_code, "make docs" in answer.text) == (404, True)
    assert 'href="/docs/"' not in answer.text
