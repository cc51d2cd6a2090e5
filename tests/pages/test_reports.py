"""A report on disk and a verdict in a notebook, in a browser: nothing but themselves, in every look."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from backmark.grader.model.outcome import Outcome
from backmark.grader.reports.html.fragment import render
from tests.pages.browser import LOOKS, Window
from tests.pages.test_hostile import NAME, PRINTS, RAISES, assert_harmless, notebook
from tests.reports.graded import EXCEPTION, explain_verdict, repair_verdict, verdict
from tests.service.parts import EXAMPLES
from tests.worker.test_cli import backmark

RIGHT, WRONG = (EXAMPLES[0].parent / name for name in ("right_einsum.py", "no_relu_derivative.ipynb"))
FILES = {
    "ada.py": RIGHT.read_bytes(),
    "grace.py": RIGHT.read_bytes(),
    "alan.ipynb": WRONG.read_bytes(),
    "emmy.py": b"",
    "carl.pdf": b"%PDF-1.7",
    NAME: notebook(RAISES),
    "<b>prints</b>.ipynb".replace("/", "\u2215"): notebook(PRINTS),
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a class in which there is one of everything."""
    folder = tmp_path_factory.mktemp("class")
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    where = folder.with_name("report")
    process = backmark("grade", str(folder), "--html", str(where), "--student-from", "file", "--networks", "20")
    assert process.returncode == 1, process.stderr
    assert f"open {where}/index.html" in process.stderr
    return where / "index.html"


@pytest.fixture
def window(browser: Browser) -> Iterator[Window]:
    """A desktop's, without a service behind it."""
    opened = Window.open_new(browser, "")
    yield opened
    opened.close()


def check_looks(window: Window) -> None:
    """Assert that the page is as it should be in every look."""
    for scheme, size in LOOKS:
        window.restyle(scheme, size)
        assert window.faults() == []
        assert not window.overflows()
    assert window.complaints == []


@pytest.mark.usefixtures("jail")
def test_every_page_of_a_report_opens_from_the_disk(report: Path, window: Window) -> None:
    page, requests = window.page, list[str]()
    page.on("request", lambda request: requests.append(request.url))
    page.goto(report.as_uri())
    assert_harmless(page)
    check_looks(window)
    addresses = {link.evaluate("link => link.href") for link in page.locator("a").all()}
    assert len(addresses) == len(FILES) - 1
    for address in addresses:
        page.goto(address)
        assert_harmless(page)
        check_looks(window)
    assert {*requests} == {report.as_uri(), *addresses}


@pytest.mark.usefixtures("jail")
def test_on_paper_it_is_light_and_nothing_is_cut_off(report: Path, window: Window) -> None:
    window.page.emulate_media(media="print", color_scheme="dark")
    window.page.goto(report.as_uri())
    assert background(window.page, "body") == "rgb(255, 255, 255)"
    window.page.set_viewport_size({"width": 700, "height": 1000})
    assert not window.overflows()


def background(page: Page, selector: str) -> str:
    """Return the colour behind an element."""
    return str(page.locator(selector).first.evaluate("each => getComputedStyle(each).backgroundColor"))


def show_in_notebook(page: Page, attributes: str) -> None:
    """Show verdicts as the outputs of a notebook's cells."""
    raised = verdict(Outcome.ERROR, error=EXCEPTION)
    pieces = "".join(map(render, (repair_verdict(), explain_verdict(), raised)))
    page.set_content(
        f"<!doctype html><html lang=en><title>Notebook</title><body {attributes}><main><h1>Mine</h1><p class=card>"
        f"Text</p>{pieces}</main>"
    )


def test_in_a_notebook_it_is_in_order_and_leaves_the_rest_alone(window: Window) -> None:
    window.page.set_content("<!doctype html><body><main><h1>Mine</h1><p class=card>Text</p>")
    before = [read_style(window.page, name) for name in ("body", "h1", "p.card")]
    show_in_notebook(window.page, "")
    assert [read_style(window.page, name) for name in ("body", "h1", "p.card")] == before
    check_looks(window)


def test_a_notebook_that_is_not_trusted_shows_the_text_alone(window: Window) -> None:
    """Jupyter takes away styles, what belongs to drawings, and attributes without a value."""
    text = "homework.ipynb (udl-7.2)  failed\n\n  ✗ The gradient"
    piece = render(repair_verdict(), plain=text)
    window.page.set_content(piece)
    assert "One line is wrong, and one is missing." in window.page.inner_text("body")
    assert text not in window.page.inner_text("body")
    left = re.sub(r"<style>.*?</style>|</?(?:svg|text|line|circle|rect|g)\b[^>]*>", "", piece, flags=re.DOTALL)
    window.page.set_content(re.sub(r" (?:hidden|open)(?=[ >])", "", left))
    assert window.page.inner_text("body").strip() == text


def read_style(page: Page, selector: str) -> object:
    """Return what a style sheet of ours would change of an element."""
    names = ["color", "font", "margin", "padding", "background-color", "border", "box-sizing", "line-height"]
    script = "(each, names) => names.map(name => getComputedStyle(each)[name])"
    return page.locator(selector).first.evaluate(script, names)


@pytest.mark.parametrize(
    ("attributes", "scheme", "dark"),
    [
        ("", "dark", True),
        ("", "light", False),
        ('data-jp-theme-light="false"', "light", True),
        ('data-jp-theme-light="true"', "dark", False),
        ('class="vscode-dark"', "light", True),
    ],
)
def test_it_follows_the_theme_of_the_notebook(window: Window, attributes: str, scheme: str, dark: bool) -> None:  # noqa: FBT001
    window.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    show_in_notebook(window.page, attributes)
    assert background(window.page, ".backmark") == ("rgb(20, 21, 24)" if dark else "rgb(248, 247, 244)")
