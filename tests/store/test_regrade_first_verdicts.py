"""A regrade of what ended as service_failed: its first verdict, previewed beside none, applied, rolled back to none."""

import json

from grader.model.records import State
from grader.store.regrades.model import Mode, Which
from grader.store.regrades.report import Disposition
from grader.store.store import Store
from grader.store.summary import Change
from tests.store.making import OUTBOX, claim_job
from tests.store.making import now as submission
from tests.store.regrading import (
    apply_regrade,
    grade_submission,
    handed_in,
    now,
    preview_regrade,
    request_regrade,
    result,
    rolled_back,
    rows,
)


def fail_submission(store: Store, student: str, source: str) -> str:
    """A submission that ended as service_failed."""
    name = handed_in(store, student, source)
    while store.jobs.record_failure(claim_job(store, name), "no networks") is State.QUEUED:
        pass
    return name


def events(store: Store, name: str) -> list[str]:
    """All that callbacks are told of a submission."""
    told = [json.loads(each) for each in store.redis.lrange(OUTBOX, 0, -1)]
    return [each["event"] for each in told if each["submission"] == name]


def test_it_is_previewed_beside_no_verdict_and_goes_up_with_whatever_marks(store: Store) -> None:
    fail_submission(store, "ada", "a")
    name = preview_regrade(store, {"a": result(0, failing=("any_shape",))})
    (row,) = rows(store, name).values()
    assert (row.entry.before.graded, row.entry.verdict, row.change, row.newly_failing) == (False, 0, Change.UP, ())
    counts = now(store, name).counts
    assert (counts.submissions, counts.up, counts.newly_failing) == (1, 1, {})


def test_applied_it_is_done_with_the_regrade_s_verdict_and_rolled_back_it_has_none(store: Store) -> None:
    mine = fail_submission(store, "ada", "a")
    before = submission(store, mine)
    name = preview_regrade(store, {"a": 8})
    assert apply_regrade(store, name, Mode.NEVER_LOWER).counts.applied == 1
    found = submission(store, mine)
    assert (found.state, found.verdict, found.regrade, found.score, found.failure) == (State.DONE, 1, name, 8, None)
    rolled_back(store, name)
    assert submission(store, mine) == before
    assert [row.fate for row in rows(store, name).values()] == [Disposition.ROLLED_BACK]
    assert store.cohorts.read("cs101", "udl-7.2").graded == 0
    assert events(store, mine) == [f"submission.{each}" for each in ("service_failed", "done", "service_failed")]


def test_one_that_was_retried_meanwhile_is_left_as_it_is(store: Store) -> None:
    waits, done = fail_submission(store, "ada", "a"), fail_submission(store, "ben", "b")
    name = preview_regrade(store, {"a": 8, "b": 8})
    for each in (waits, done):
        assert store.submissions.retry(each)
    assert store.submissions.finish(claim_job(store, done), result(3))
    apply_regrade(store, name)
    assert [row.fate for row in rows(store, name).values()] == [Disposition.CHANGED, Disposition.CHANGED]
    assert (submission(store, waits).state, submission(store, done).score) == (State.QUEUED, 3)


def test_after_a_rollback_it_can_be_retried_and_no_verdict_is_overwritten(store: Store) -> None:
    mine = fail_submission(store, "ada", "a")
    name = preview_regrade(store, {"a": 8})
    apply_regrade(store, name)
    rolled_back(store, name)
    assert store.submissions.retry(mine)
    assert store.submissions.finish(claim_job(store, mine), result(10))
    assert submission(store, mine).verdict == 2
    first = store.submissions.verdict(mine, 1)
    assert first is not None
    assert first.score == 8


def test_a_second_regrade_that_came_between_is_not_rolled_back_with_the_first(store: Store) -> None:
    mine = fail_submission(store, "ada", "a")
    first = preview_regrade(store, {"a": 8})
    apply_regrade(store, first)
    second = preview_regrade(store, {"a": 9}, fresh=True)
    apply_regrade(store, second)
    rolled_back(store, first)
    assert [row.fate for row in rows(store, first).values()] == [Disposition.LEFT]
    assert submission(store, mine).score == 9
    rolled_back(store, second)
    assert (submission(store, mine).verdict, submission(store, mine).score) == (1, 8)


def test_by_outcome_it_is_not_selected_and_the_best_is_one_with_a_verdict(store: Store) -> None:
    good = grade_submission(store, "ada", "a", 2)
    fail_submission(store, "ada", "b")
    only = fail_submission(store, "ben", "c")
    name = preview_regrade(store, {"a": 8, "c": 8}, which=Which.BEST)
    assert set(rows(store, name)) == {good, only}
    name = preview_regrade(store, {"a": 8}, outcomes=("failed",))
    assert set(rows(store, name)) == {good}


def test_asked_again_after_another_ended_so_it_is_another_regrade(store: Store) -> None:
    fail_submission(store, "ada", "a")
    name = preview_regrade(store, {"a": 8})
    assert request_regrade(store) == name
    mine = fail_submission(store, "ben", "b")
    again = preview_regrade(store, {"a": 8, "b": 8})
    assert again != name
    store.submissions.retry(mine)
    assert request_regrade(store) != again
