"""Text of a student's that would be more than text: whatever it is and wherever it is shown, it is text."""

import json
import unicodedata
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Page

from backmark.grader.model.records import Scope, SubmissionRecord
from backmark.grader.reports.registry import FORMATS
from tests.pages.browser import Window
from tests.pages.house import COURSE, House
from tests.pages.scenes_staff import sign_in
from tests.pages.scenes_student import grade_example

#: Markup, a template's, a terminal's commands, what turns the line about, what ends a script.
EVIL = (
    "<img src=x onerror=alert(1)></pre></title><script>alert(2)</script><b>"
    "--><!-- ]]> {{7*7}} {% raw %} &lt;i&gt; \x1b[31m\x1b]0;x\x07\x00\x9b2J \u202e\u2067\u200b\ufeff =cmd()"
)
#: What may be in a file's name.
NAME = "<img src=x onerror=alert(1)>{{7*7}}&lt; \u05d0\u05d1.ipynb"
#: In place of characters that do more than to be seen.
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}

RAISES = f"""
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    raise type({"</pre><script>"!r}, (ValueError,), {{}})({EVIL!r} + "z" * 10_000_000)
"""
PRINTS = f"""
print({EVIL!r})
print("z" * 200_000)

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return {EVIL!r}
"""
FLOODS = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    print("z" * 10_000_000)
"""


def notebook(code: str) -> bytes:
    """With the same in its markdown, its outputs and its metadata, and lines of megabytes."""
    cells = [
        {"cell_type": "markdown", "source": [f"# {EVIL}\n", "m" * 3_000_000]},
        {"cell_type": "code", "source": code, "outputs": [{"output_type": "stream", "text": EVIL}]},
        {"cell_type": "code", "source": f"# {EVIL}\nlong = '{'c' * 500_000}'\n# </code>"},
        {"cell_type": "code", "source": f"this is {EVIL} no Python"},
    ]
    return json.dumps({"metadata": {"title": EVIL}, "cells": cells}).encode()


def assert_harmless(page: Page) -> None:
    """Nothing of it became an element, ran, or turned anything about."""
    assert page.locator("main img, main script, main b, main i, main [onerror]").count() == 0
    for text in (page.content(), page.locator("main").inner_text()):
        assert {char for char in text if unicodedata.category(char) in UNSEEN} <= {"\n", "\t", "\r"}
    assert len(page.content()) < 2_000_000


@pytest.fixture(params=["raises", "prints", "floods"])
def hostile(request: pytest.FixtureRequest, house: House) -> SubmissionRecord:
    """One that raises, one that prints and returns it, one that prints without end."""
    code = {"raises": RAISES, "prints": PRINTS, "floods": FLOODS}[request.param]
    return grade_example(house, f"{request.param} {NAME}", notebook(code))


def test_pages_show_it_as_text_and_break_nowhere(house: House, window: Window, hostile: SubmissionRecord) -> None:
    """To the student and to staff."""
    assert hostile.outcome in {"error", "failed", "output_limit"}
    dialogs: list[str] = []
    window.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page = window.go(house.verdict_link(hostile))
    assert "<img src=x onerror=alert(1)>{{7*7}}&lt; \u05d0\u05d1.ipynb" in page.locator("main").inner_text()
    assert_harmless(page)
    assert not window.overflows()
    sign_in(house, window, COURSE)
    for path in (
        f"/courses/{COURSE}",
        f"/courses/{COURSE}/submissions",
        f"/courses/{COURSE}/submissions/{hostile.id}",
        f"/courses/{COURSE}/submissions/{hostile.id}/delete",
    ):
        assert_harmless(window.go(path))
        assert not window.overflows()
    assert dialogs == []


def test_every_other_form_of_it_can_be_read(house: House, window: Window, hostile: SubmissionRecord) -> None:
    """By a program, without a control character that would be one on a terminal."""
    headers = {"Authorization": f"Bearer {house.token(COURSE, Scope.READ)}"}
    for form in ("", *(f"?format={format_name}" for format_name in FORMATS)):
        answer = window.page.request.get(f"{house.url}/api/v1/submissions/{hostile.id}{form}", headers=headers)
        assert answer.ok
        text = answer.body().decode()
        assert not {char for char in text if unicodedata.category(char) == "Cc"} - {"\n", "\t", "\r"}
        if "xml" in answer.headers["content-type"]:
            ET.fromstring(text)  # noqa: S314 - our own
        else:
            json.loads(text)
