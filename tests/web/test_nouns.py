"""Nouns in answers: their JSON, and what is null for whom."""

import json
from typing import Any

from backmark.grader.client.records import Regrade, reader
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.publications import Publication, Refusal
from backmark.grader.model.records import State, SubmissionRecord
from backmark.grader.model.regrades import (
    Action,
    Phase,
    RegradeCounts,
    RegradeProgress,
    RegradeRecord,
    Selection,
    SkippedCounts,
)
from backmark.grader.web.http.nouns import serve

SUBMISSION = SubmissionRecord(
    *("s1", "nn", "udl-7.2", "r1", "ada", "0" * 64, State.DONE, 1, "answer.py", 10, 1.25),
    outcome=Outcome.FAILED,
    score=8,
    max_score=10,
    reused=True,
)
REGRADE = RegradeRecord(
    id="g1",
    selection=Selection("nn", "udl-7.2", "r1", (Outcome.FAILED,), since=0.0, students=("ada",)),
    phase=Phase.FAILED,
    created=1.0,
    changed=2.0,
    progress=RegradeProgress(4, 3),
    counts=RegradeCounts(4, 3, 1, 0, 3, 0, 1, SkippedCounts(1, 1, 0), 0, 0, {}, {"bias_gradient": 1}),
    stopped_in=Phase.PREVIEWED,
)


def answer(noun: Any, *hidden: str) -> dict[str, Any]:
    """The JSON of an answer with a noun."""
    body: dict[str, Any] = json.loads(serve(noun, hidden=hidden).model_dump_json())
    return body


def test_what_is_hidden_is_null_and_all_else_is_there() -> None:
    whole, less = answer(SUBMISSION), answer(SUBMISSION, "score", "reused")
    assert (whole["score"], whole["reused"], whole["created_at"]) == (8, True, "1970-01-01T00:00:01.250000Z")
    assert less == whole | {"score": None, "reused": None}


def test_a_field_is_hidden_by_its_own_name_whatever_it_is_called_in_json() -> None:
    assert answer(SUBMISSION, "created")["created_at"] is None


def test_what_the_store_alone_knows_is_not_served() -> None:
    assert not {"verdict", "failing", "tries", "trace"} & set(answer(SUBMISSION))


def test_a_noun_within_another_stands_where_its_field_says() -> None:
    body = answer(REGRADE)
    assert (body["assignment"], body["since"], body["outcomes"]) == ("udl-7.2", "1970-01-01T00:00:00Z", ["failed"])
    assert body["counts"]["skipped"] == 2
    assert body["counts"]["skipped_because"] == {"changed": 1, "would_lower": 1, "deleted": 0}
    assert body["actions"] == [Action.APPLY, Action.CANCEL, Action.RESUME]


def test_the_client_reads_the_noun_that_was_served() -> None:
    regrade = reader(Regrade)(answer(REGRADE))
    assert (regrade.selection, regrade.counts, regrade.phase) == (REGRADE.selection, REGRADE.counts, Phase.FAILED)
    assert (regrade.assignment, regrade.done, regrade.total, regrade.at_rest) == ("udl-7.2", 3, 4, True)


def test_the_client_keeps_a_value_of_a_newer_server_as_a_text() -> None:
    body = answer(REGRADE) | {"phase": "paused", "unknown": 1}
    assert reader(Regrade)(body).phase == "paused"


def test_a_refusal_is_served_as_a_sentence_and_in_parts() -> None:
    refused = Publication("p1", "nn", "mine", "", 0, State.DONE, 0.0, refused=Refusal("a mistake would pass"))
    body = answer(refused)
    assert (body["refusal"], body["refused"]["says"]) == ("a mistake would pass", "a mistake would pass")
