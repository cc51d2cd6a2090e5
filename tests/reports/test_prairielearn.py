"""PrairieLearn's external grader results."""

import dataclasses
import json
from typing import Any

import pytest

from backmark.grader.model.outcome import Outcome
from backmark.grader.reports import prairielearn
from tests.reports.graded import EXAMPLE, EXCEPTION, REFUSAL, ROWS, SUBMISSION, reset_rows, verdict


def render_form(**changes: Any) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(prairielearn.render(SUBMISSION, verdict(**changes)))
    return result


def test_the_score_is_the_share_of_the_marks() -> None:
    result = render_form()
    assert result["gradable"] is True
    assert result["score"] == pytest.approx(0.4)
    assert [(test["points"], test["max_points"]) for test in result["tests"]] == [(2, 2), (0, 2), (0, 1)]


@pytest.mark.parametrize(("outcome", "score"), [(Outcome.PASSED, 1.0), (Outcome.FAILED, 0.0)])
def test_without_marks_passing_is_all(outcome: Outcome, score: float) -> None:
    assert render_form(outcome=outcome, rows=())["score"] == score


def test_what_was_refused_before_it_ran_is_not_gradable() -> None:
    result = render_form(outcome=Outcome.REJECTED, rows=reset_rows(), error=REFUSAL)
    assert result["gradable"] is False
    assert result["format_errors"] == [REFUSAL.message]
    assert result["tests"] == []


def test_what_ran_and_failed_is_gradable_and_scores_nothing() -> None:
    result = render_form(outcome=Outcome.ERROR, rows=reset_rows(), error=EXCEPTION)
    assert result["gradable"] is True
    assert result["score"] == 0.0
    assert "line 3, in backward_pass" in result["message"]


def test_the_largest_result_stays_below_the_megabyte_that_is_taken() -> None:
    large = dataclasses.replace(EXAMPLE, script="\n" * 10**6)
    rows = tuple(dataclasses.replace(row, message="\U0001f600" * 10**6, counterexample=large) for row in ROWS * 2)
    long_error = dataclasses.replace(EXCEPTION, traceback="\u20ac" * 10**6)
    result = prairielearn.render(SUBMISSION, verdict(rows=rows, error=long_error, output="\U0001f600" * 10**6))
    assert len(result) < 10**6
