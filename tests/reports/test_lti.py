"""Scores of LTI's Assignment and Grade Services."""

import dataclasses
import json
from typing import Any

import pytest

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import State
from backmark.grader.reports import lti
from backmark.grader.reports.registry import FORMATS
from tests.reports.graded import REFUSAL, SUBMISSION, in_state, repair_verdict, reset_rows, verdict


def render_form(**changes: Any) -> dict[str, Any]:
    score: dict[str, Any] = json.loads(lti.render(SUBMISSION, verdict(**changes)))
    return score


def test_a_graded_submission_is_a_final_score() -> None:
    score = render_form()
    assert score.pop("comment").splitlines() == [
        "Your code is not right yet. 2 of 5 marks.",
        "One of the three rows is right. We could not tell which lines are wrong.",
        "Wrong: Gradient of the weights.",
    ]
    assert score == {
        "userId": "ada",
        "timestamp": "2023-11-14T22:13:22.500+00:00",
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "submission": {"submittedAt": "2023-11-14T22:13:20.250+00:00"},
        "scoreGiven": 2,
        "scoreMaximum": 5,
    }


def test_lines_to_change_say_more_than_the_titles_of_rows() -> None:
    comment = json.loads(lti.render(SUBMISSION, repair_verdict()))["comment"]
    assert "What to change" in comment
    assert "Wrong:" not in comment


def test_a_regraded_score_is_newer_than_the_first() -> None:
    """Platforms refuse a score whose timestamp is not later than that of the one they have."""
    regraded_submission = dataclasses.replace(SUBMISSION, judged=1_700_000_900.5)
    assert json.loads(lti.render(regraded_submission, verdict()))["timestamp"] == "2023-11-14T22:28:20.500+00:00"


def test_a_maximum_is_never_zero() -> None:
    assert render_form(outcome=Outcome.PASSED, rows=())["scoreGiven"] == 1
    assert render_form(outcome=Outcome.FAILED, rows=())["scoreMaximum"] == 1


def test_a_rejection_carries_no_score_and_says_why() -> None:
    """It is no attempt: what stands in the gradebook stays."""
    score = render_form(outcome=Outcome.REJECTED, rows=reset_rows(), error=REFUSAL)
    assert (score["activityProgress"], score["gradingProgress"]) == ("Submitted", "NotReady")
    assert not {"scoreGiven", "scoreMaximum"} & score.keys()
    assert "marks" not in score["comment"]
    assert score["comment"].endswith(REFUSAL.message)


@pytest.mark.parametrize(
    ("state", "progress"),
    [
        (State.QUEUED, "Pending"),
        (State.RUNNING, "Pending"),
        # Its verdict is held back.
        (State.DONE, "PendingManual"),
        (State.SUPERSEDED, "NotReady"),
        (State.CANCELLED, "NotReady"),
        (State.SERVICE_FAILED, "Failed"),
    ],
)
def test_without_a_verdict_there_is_progress_and_no_score(state: State, progress: str) -> None:
    ungraded = FORMATS["lti"].ungraded
    assert ungraded is not None
    score = json.loads(ungraded(in_state(state)))
    assert score["gradingProgress"] == progress
    assert score["activityProgress"] == "Submitted"
    assert not {"scoreGiven", "scoreMaximum"} & score.keys()
