"""A regrade of what ended as service_failed: its first verdict, previewed beside none, applied, rolled back to none."""

import json

from backmark.grader.model.records import State
from backmark.grader.model.regrades import Change, Mode, Which
from backmark.grader.store.regrades.report import Disposition
from backmark.grader.store.store import Store
from tests.store.making import OUTBOX, claim_job
from tests.store.making import now as submission
from tests.store.regrading import (
    apply_regrade,
    grade_submission,
    hand_in_source,
    now,
    preview_regrade,
    request_regrade,
    result,
    roll_back,
    rows,
)


def fail_submission(store: Store, student: str, source: str) -> str:
    """A submission that ended as service_failed."""
    name = hand_in_source(store, student, source)
    while store.jobs.record_failure(claim_job(store, name), "no networks") is State.QUEUED:
        pass
    return name


def events(store: Store, name: str) -> list[str]:
    """All that notifications are sent of a submission."""
    all_events = [json.loads(line) for line in store.redis.lrange(OUTBOX, 0, -1)]
    return [event["event"] for event in all_events if event["submission"] == name]


def test_it_is_previewed_beside_no_verdict_and_goes_up_with_whatever_marks(store: Store) -> None:
    fail_submission(store, "ada", "a")
    name = preview_regrade(store, {"a": result(0, failing_rows=("any_shape",))})
    (row,) = rows(store, name).values()
    assert (row.entry.before.graded, row.entry.verdict, row.change, row.newly_failing) == (False, 0, Change.UP, ())
    counts = now(store, name).counts
    assert (counts.submissions, counts.up, counts.newly_failing) == (1, 1, {})


def test_applied_it_is_done_with_the_regrade_s_verdict_and_rolled_back_it_has_none(store: Store) -> None:
    ada_id = fail_submission(store, "ada", "a")
    before = submission(store, ada_id)
    name = preview_regrade(store, {"a": 8})
    assert apply_regrade(store, name, Mode.NEVER_LOWER).counts.applied == 1
    record = submission(store, ada_id)
    assert (record.state, record.verdict, record.regrade, record.score, record.failure) == (
        State.DONE,
        1,
        name,
        8,
        None,
    )
    roll_back(store, name)
    assert submission(store, ada_id) == before
    assert [row.fate for row in rows(store, name).values()] == [Disposition.ROLLED_BACK]
    assert store.cohorts.read("cs101", "udl-7.2").graded == 0
    assert events(store, ada_id) == [f"submission.{event}" for event in ("service_failed", "done", "service_failed")]


def test_one_that_was_retried_meanwhile_is_left_as_it_is(store: Store) -> None:
    waits, done_id = fail_submission(store, "ada", "a"), fail_submission(store, "ben", "b")
    name = preview_regrade(store, {"a": 8, "b": 8})
    for submission_id in (waits, done_id):
        assert store.submissions.retry(submission_id)
    assert store.submissions.finish(claim_job(store, done_id), result(3))
    apply_regrade(store, name)
    assert [row.fate for row in rows(store, name).values()] == [Disposition.CHANGED, Disposition.CHANGED]
    assert (submission(store, waits).state, submission(store, done_id).score) == (State.QUEUED, 3)


def test_after_a_rollback_it_can_be_retried_and_no_verdict_is_overwritten(store: Store) -> None:
    ada_id = fail_submission(store, "ada", "a")
    name = preview_regrade(store, {"a": 8})
    apply_regrade(store, name)
    roll_back(store, name)
    assert store.submissions.retry(ada_id)
    assert store.submissions.finish(claim_job(store, ada_id), result(10))
    assert submission(store, ada_id).verdict == 2
    first = store.submissions.verdict(ada_id, 1)
    assert first is not None
    assert first.score == 8


def test_a_second_regrade_that_came_between_is_not_rolled_back_with_the_first(store: Store) -> None:
    ada_id = fail_submission(store, "ada", "a")
    first = preview_regrade(store, {"a": 8})
    apply_regrade(store, first)
    second = preview_regrade(store, {"a": 9}, fresh=True)
    apply_regrade(store, second)
    roll_back(store, first)
    assert [row.fate for row in rows(store, first).values()] == [Disposition.LEFT]
    assert submission(store, ada_id).score == 9
    roll_back(store, second)
    assert (submission(store, ada_id).verdict, submission(store, ada_id).score) == (1, 8)


def test_by_outcome_it_is_not_selected_and_the_best_is_one_with_a_verdict(store: Store) -> None:
    good_id = grade_submission(store, "ada", "a", 2)
    fail_submission(store, "ada", "b")
    ben_id = fail_submission(store, "ben", "c")
    name = preview_regrade(store, {"a": 8, "c": 8}, which=Which.BEST)
    assert set(rows(store, name)) == {good_id, ben_id}
    name = preview_regrade(store, {"a": 8}, outcomes=("failed",))
    assert set(rows(store, name)) == {good_id}


def test_asked_again_after_another_ended_so_it_is_another_regrade(store: Store) -> None:
    fail_submission(store, "ada", "a")
    name = preview_regrade(store, {"a": 8})
    assert request_regrade(store) == name
    ben_id = fail_submission(store, "ben", "b")
    second_regrade = preview_regrade(store, {"a": 8, "b": 8})
    assert second_regrade != name
    store.submissions.retry(ben_id)
    assert request_regrade(store) != second_regrade
