"""Gradescope's results.json."""

import dataclasses
import html
import json
import re
from typing import Any

import pytest

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import StudentError
from backmark.grader.reports import gradescope
from tests.reports.graded import (
    EXCEPTION,
    REFUSAL,
    ROWS,
    SCRIPT,
    SUBMISSION,
    WRONG_LINE,
    repair_verdict,
    reset_rows,
    verdict,
)


def text_of(markup: str) -> str:
    """The text of an output, without its markup."""
    return html.unescape(re.sub("<[^>]*>", "", markup))


def render_form(**changes: Any) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(gradescope.render(SUBMISSION, verdict(**changes)))
    return result


def test_score_and_rows_carry_the_marks() -> None:
    result = render_form()
    assert result["score"] == 2
    assert [(test["score"], test["max_score"]) for test in result["tests"]] == [(2, 2), (0, 2), (0, 1)]
    assert result["execution_time"] == 0.25
    assert result["visibility"] == "visible"


def test_only_what_passed_is_passed_even_without_marks() -> None:
    assert [test["status"] for test in render_form()["tests"]] == ["passed", "failed", "failed"]


def test_the_first_failed_row_alone_has_the_script_and_one_not_run_says_so() -> None:
    tests = render_form()["tests"]
    assert ["<pre" in test["output"] for test in tests] == [False, True, False]
    assert text_of(tests[1]["output"]) == f"Wrong on 9 of 192.\n{SCRIPT}"
    assert tests[2]["output"] == "<p>No case tested this row.</p>"


def test_the_lines_to_change_are_a_list_with_the_quoted_line_and_its_hint() -> None:
    output = json.loads(gradescope.render(SUBMISSION, repair_verdict()))["output"]
    assert output.count("<li>") == 2
    assert f'<pre style="overflow:auto">{WRONG_LINE.source}</pre>' in output
    assert "</pre>With K = 2, D = [2, 3], <code>dW[0][1, 2]</code> is 0.5; it must be 0.7.<br>" in output
    assert f"<br>{WRONG_LINE.hint}<br>Read again: {WRONG_LINE.read}</li>" in output


@pytest.mark.parametrize("place", ["output", "title", "message", "source"])
def test_nothing_that_a_student_wrote_is_markup(place: str) -> None:
    attack = "</pre></p><script>alert(1)</script><img src=x onerror=alert(2)>"
    graded = repair_verdict(dataclasses.replace(WRONG_LINE, source=attack if place == "source" else "x = 1"))
    row = dataclasses.replace(ROWS[2], message=attack if place == "message" else "")
    graded = dataclasses.replace(
        graded,
        output=attack if place == "output" else "",
        properties=(row,),
        error=StudentError("ValueError", attack, attack) if place == "title" else None,
    )
    result = json.loads(gradescope.render(SUBMISSION, graded))
    texts = [result["output"], *(test["output"] for test in result["tests"])]
    assert all("<script" not in text and "<img" not in text for text in texts)
    assert any("&lt;script&gt;" in text for text in texts)


def test_staff_are_shown_the_isolation_where_it_is_no_jail() -> None:
    graded = json.loads(gradescope.render(SUBMISSION, verdict(), "CONFINED"))
    assert graded["extra_data"]["isolation"] == "CONFINED"
    assert "isolation" not in render_form()["extra_data"]
    assert "CONFINED" not in graded["output"]


def test_a_rejected_submission_says_why_and_has_no_marks() -> None:
    result = render_form(outcome=Outcome.REJECTED, rows=reset_rows(), error=REFUSAL)
    assert result["score"] == 0
    assert text_of(result["output"]).startswith("Your file could not be graded.")
    assert REFUSAL.message in text_of(result["output"])


def test_a_crash_and_an_exception_are_told_with_what_was_printed() -> None:
    assert render_form(outcome=Outcome.CRASHED, rows=reset_rows())["output"].startswith(
        "<p><strong>Your code crashed. 0 of 5 marks."
    )
    error_output = render_form(outcome=Outcome.ERROR, rows=reset_rows(), error=EXCEPTION, output="here\n")["output"]
    assert "line 3, in backward_pass" in error_output
    assert text_of(error_output).endswith("Your code printed:\nhere")
