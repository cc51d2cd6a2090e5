"""The verdict as plain text: the words of the terminal, without the library that draws there."""

import subprocess
import sys
from dataclasses import replace

import pytest

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.model.verdict import Verdict
from backmark.grader.reports.text import render, render_example
from tests.corpus.short import RIGHT
from tests.reports.test_terminal import judge_source, show_verdict

WRONG = RIGHT.replace("2 * ", "")
SOURCES = {
    "right": RIGHT,
    "wrong": WRONG,
    "raising": RIGHT.replace("delta = 2", "delta = unknown + 2", 1),
    "other forms": "def backward_pass(all_weights, all_biases, all_f, all_h, y):\n    return [], []\n",
}


def list_words(text: str) -> set[str]:
    return set(text.split())


@pytest.fixture(params=[*SOURCES.values()], ids=[*SOURCES])
def shown(request: pytest.FixtureRequest, udl: Judge) -> Verdict:
    return judge_source(request.param, udl)


def test_it_has_every_word_that_the_terminal_has(shown: Verdict) -> None:
    """But for the advice about the script, which a notebook has no use for, and what is for staff."""
    on_terminal = list_words(show_verdict(replace(shown, flags=())))
    advice = list_words("As a script: backmark grade FILE --script try.py actual expected")
    assert on_terminal - list_words(render(shown)) - advice == set()


def test_no_line_is_wider_than_a_cell_but_for_code(shown: Verdict) -> None:
    sentences = [line for line in render(shown).splitlines() if "array(" not in line and "expected" not in line]
    assert [line for line in sentences if len(line) > 160] == []


def test_sentences_of_others_stand_below_the_headline_and_at_the_end(udl: Judge) -> None:
    lines = render(judge_source(WRONG, udl), ("Mind this.",), ("That is all.",)).splitlines()
    assert lines[0].endswith("marks")
    assert lines[2] == "  Mind this."
    assert lines[-1] == "  That is all."


def test_a_verdict_without_a_counterexample_has_no_example(udl: Judge) -> None:
    assert render_example(judge_source(RIGHT, udl)) == ""


def test_it_needs_no_library_that_draws() -> None:
    code = "import sys; sys.modules['rich'] = None; from backmark.grader.reports import text"
    code += "; from backmark.grader.reports.html import fragment"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
