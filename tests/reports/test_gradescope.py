"""Gradescope's results.json."""

import json
from typing import Any

from backmark.grader.model.verdict import Outcome
from backmark.grader.reports import gradescope
from tests.reports.graded import EXCEPTION, REFUSAL, SCRIPT, SUBMISSION, reset_rows, verdict


def render_form(**changes: Any) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(gradescope.render(SUBMISSION, verdict(**changes)))
    return result


def test_score_and_rows_carry_the_marks() -> None:
    result = render_form()
    assert result["score"] == 2
    assert [(test["score"], test["max_score"]) for test in result["tests"]] == [(0, 0), (2, 2), (0, 2), (0, 1)]
    assert result["execution_time"] == 0.25
    assert result["visibility"] == "visible"


def test_only_what_passed_is_passed_even_without_marks() -> None:
    assert [test["status"] for test in render_form()["tests"]] == ["failed", "passed", "failed", "failed"]


def test_a_failed_row_shows_the_network_and_one_not_run_says_so() -> None:
    tests = render_form()["tests"]
    assert tests[2]["output"] == f"Wrong on 9 of 192.\n\n{SCRIPT}"
    assert tests[3]["output"] == "Nothing put this to the test."


def test_texts_are_never_markup() -> None:
    result = render_form()
    assert {result[key] for key in ("output_format", "test_output_format", "test_name_format")} == {"text"}


def test_a_rejected_submission_says_why_and_has_no_marks() -> None:
    result = render_form(outcome=Outcome.REJECTED, rows=reset_rows(), error=REFUSAL)
    assert result["score"] == 0
    assert result["output"].startswith("Not graded")
    assert REFUSAL.message in result["output"]


def test_a_crash_and_an_exception_are_told_with_what_was_printed() -> None:
    assert render_form(outcome=Outcome.CRASHED, rows=reset_rows())["output"].startswith("It crashed. 0 of 5 marks.")
    error_output = render_form(outcome=Outcome.ERROR, rows=reset_rows(), error=EXCEPTION, output="here\n")["output"]
    assert "line 3, in backward_pass" in error_output
    assert error_output.endswith("It printed:\nhere\n")
