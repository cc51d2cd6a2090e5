"""Wrong submissions that were written before anybody looked what would be said of them."""

import pytest

from grader.judge.examples import Examples
from grader.model.verdict import Outcome
from tests.corpus.others import OTHERS
from tests.local import local
from tests.networks import NetworksJudge


def test_nothing_false_is_said_of_a_hundred_and_most_are_named(
    udl: NetworksJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has the ids that are true of it; an unknown slip has none."""
    # Explanations do not depend on the counterexamples, and shrinking those takes time.
    monkeypatch.setattr(Examples, "smallest_by_row", lambda *_: {})
    false_ids, count = [], 0
    for submission in OTHERS:
        judgement = udl.judge(
            local(submission.source, udl.assignment),
            lambda submission=submission: local(submission.source, udl.assignment),  # type: ignore[misc]
        )
        assert judgement.outcome is not Outcome.PASSED
        # Facts are true of a line that no model knows; other tests look at those.
        parts = [
            [part for part in diagnosis.id.split("+") if not part.startswith("observed_")]
            for diagnosis in judgement.diagnosis
        ]
        ids = ["+".join(part) for part in parts if part]
        count += bool(ids)
        false_ids += [(submission.truth, id_) for id_ in ids if id_ not in submission.names]
    assert len(OTHERS) >= 100
    assert false_ids == []
    assert count >= 75
