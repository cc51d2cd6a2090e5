"""Regrades applied, rolled back, and forgotten: exactly once, and only where what was compared still holds."""

import json
import threading
from dataclasses import replace

import pytest

from backmark.grader.model.records import Job, Kind, State
from backmark.grader.model.regrades import Mode, Phase
from backmark.grader.store.regrades.report import Disposition
from backmark.grader.store.store import Store
from tests.store.making import OUTBOX, end_lease
from tests.store.making import now as submission
from tests.store.regrading import (
    apply_regrade,
    claim_step,
    finish_step,
    grade_submission,
    hand_in_source,
    now,
    one_chunk,
    phase,
    preview_regrade,
    result,
    roll_back,
    rows,
    select_units,
)


def events(store: Store) -> list[str]:
    """Submissions that notifications are sent of since the last call."""
    all_events = [json.loads(line) for line in store.redis.lrange(OUTBOX, 0, -1)]
    store.redis.delete(OUTBOX)
    return [event["submission"] for event in all_events if event["event"] == "submission.regraded"]


def test_applied_whole_every_graded_submission_holds_its_new_verdict_as_its_own(store: Store) -> None:
    ada_id, ben_id = grade_submission(store, "ada", "a", 8, filename="mine.py"), grade_submission(store, "ben", "a", 10)
    name = preview_regrade(store, {"a": result(9, failing_rows=("any_shape",))})
    assert apply_regrade(store, name).counts.applied == 2
    record = submission(store, ada_id)
    assert (record.verdict, record.regrade, record.outcome, record.score) == (2, name, "failed", 9)
    assert record.failing == ("any_shape",)
    verdict = store.submissions.verdict(ada_id)
    assert verdict is not None
    assert (verdict.submission.id, verdict.submission.filename) == (ada_id, "mine.py")
    assert submission(store, ben_id).score == 9
    assert store.submissions.verdict(ada_id, 1) == result(8)


def test_applied_never_lower_nobody_loses_marks_and_the_report_lists_who_would_have(store: Store) -> None:
    up_id, down_id, same_id = (
        grade_submission(store, "ada", "a", 8),
        grade_submission(store, "ben", "b", 8),
        grade_submission(store, "cyd", "c", 8),
    )
    name = preview_regrade(store, {"a": 10, "b": 2, "c": 8})
    regrade = apply_regrade(store, name, Mode.NEVER_LOWER)
    assert (regrade.counts.applied, regrade.counts.skipped_because.would_lower, regrade.counts.skipped) == (2, 1, 1)
    assert [submission(store, submission_id).score for submission_id in (up_id, down_id, same_id)] == [10, 8, 8]
    assert {submission_id: row.fate for submission_id, row in rows(store, name).items()} == {
        up_id: Disposition.APPLIED,
        down_id: Disposition.WOULD_LOWER,
        same_id: Disposition.APPLIED,
    }


def test_what_changed_since_the_preview_is_left_and_listed(store: Store) -> None:
    ada_id, ben_id = grade_submission(store, "ada", "a", 8), grade_submission(store, "ben", "b", 8)
    name = preview_regrade(store, {"a": 10, "b": 10})
    second = preview_regrade(store, {"a": 4, "b": 4}, students=("ada",))
    apply_regrade(store, second)
    regrade = apply_regrade(store, name)
    assert (regrade.counts.applied, regrade.counts.skipped_because.changed) == (1, 1)
    assert rows(store, name)[ada_id].fate is Disposition.CHANGED
    assert (submission(store, ada_id).score, submission(store, ada_id).regrade) == (4, second)
    assert submission(store, ben_id).score == 10


def test_notifications_are_told_of_those_whose_result_is_another(store: Store) -> None:
    up_id, same_id = grade_submission(store, "ada", "a", 8), grade_submission(store, "ben", "b", 8)
    name = preview_regrade(store, {"a": 10, "b": 8})
    events(store)
    apply_regrade(store, name)
    assert events(store) == [up_id]
    assert submission(store, same_id).verdict == 2
    roll_back(store, name)
    assert events(store) == [up_id]


def test_rolled_back_what_held_before_holds_again(store: Store) -> None:
    ada_id = grade_submission(store, "ada", "a", 8, failing_rows=("any_shape",))
    before, verdict = submission(store, ada_id), store.submissions.verdict(ada_id)
    name = preview_regrade(store, {"a": 10})
    apply_regrade(store, name)
    regrade = roll_back(store, name)
    assert (regrade.phase, regrade.counts.rolled_back, regrade.counts.applied) == (Phase.ROLLED_BACK, 1, 0)
    after = submission(store, ada_id)
    assert after.judged != before.judged
    assert (replace(after, judged=before.judged), store.submissions.verdict(ada_id)) == (before, verdict)


def test_a_rollback_leaves_what_a_second_regrade_gave(store: Store) -> None:
    ada_id, ben_id = grade_submission(store, "ada", "a", 8), grade_submission(store, "ben", "b", 8)
    first = preview_regrade(store, {"a": 10, "b": 10})
    apply_regrade(store, first)
    second = preview_regrade(store, {"a": 9, "b": 9}, students=("ada",))
    apply_regrade(store, second)
    regrade = roll_back(store, first)
    assert (regrade.counts.rolled_back, regrade.counts.left) == (1, 1)
    assert rows(store, first)[ada_id].fate is Disposition.LEFT
    assert (submission(store, ada_id).regrade, submission(store, ada_id).score) == (second, 9)
    assert (submission(store, ben_id).regrade, submission(store, ben_id).score) == (None, 8)
    # The second's own goes back to what the first gave: that is what it was previewed beside.
    roll_back(store, second)
    assert (submission(store, ada_id).regrade, submission(store, ada_id).score) == (first, 10)


@pytest.mark.usefixtures("short_chunks")
def test_a_crash_while_it_is_applied_and_a_resumption_apply_everything_once(store: Store) -> None:
    names = [grade_submission(store, f"student-{number}", str(number % 3), 8) for number in range(6)]
    name = preview_regrade(store, {"0": 10, "1": 2, "2": 8})
    events(store)
    store.regrades.apply(name, Mode.WHOLE)
    dead = claim_step(store, name)
    assert one_chunk(store, dead)
    assert now(store, name).counts.applied == 2
    end_lease(store, dead)
    assert store.jobs.requeue_lost() == [Job(Kind.REGRADE, name)]
    second_claim = claim_step(store, name)
    # It was not dead after all.
    assert store.regrade_steps.apply(dead) is None
    while one_chunk(store, second_claim):
        assert phase(store, name) is Phase.APPLYING
    regrade = now(store, name)
    assert (regrade.phase, regrade.counts.applied, regrade.progress.done) == (Phase.APPLIED, 6, 6)
    assert {submission(store, submission_id).verdict for submission_id in names} == {2}
    assert len(events(store)) == 4


@pytest.mark.parametrize("verb", ["apply", "roll_back"])
def test_a_last_chunk_whose_answer_was_lost_is_through(store: Store, verb: str) -> None:
    ada_id = grade_submission(store, "ada", "a", 8)
    name = preview_regrade(store, {"a": 10})
    if verb == "roll_back":
        apply_regrade(store, name)
        store.regrades.roll_back(name)
    else:
        store.regrades.apply(name, Mode.WHOLE)
    claim = claim_step(store, name)
    steps = store.regrade_steps
    for _ in range(2):
        chunk = steps.apply(claim) if verb == "apply" else steps.roll_back(claim)
        assert chunk is not None
        assert not chunk.more
    assert submission(store, ada_id).verdict == (2 if verb == "apply" else 1)
    assert phase(store, name) is (Phase.APPLIED if verb == "apply" else Phase.ROLLED_BACK)


@pytest.mark.usefixtures("short_chunks")
def test_tries_are_counted_for_a_chunk_and_not_for_a_whole_step(store: Store) -> None:
    """A course of many thousands outlives more dead workers than a submission may."""
    for number in range(12):
        grade_submission(store, f"student-{number}", "a", 8)
    name = preview_regrade(store, {"a": 10})
    store.regrades.apply(name, Mode.WHOLE)
    for _ in range(5):
        dead = claim_step(store, name)
        one_chunk(store, dead)
        end_lease(store, dead)
        store.jobs.requeue_lost()
    finish_step(store, name)
    assert now(store, name).counts.applied == 12


@pytest.mark.usefixtures("short_chunks")
def test_a_rollback_stops_the_application_that_goes_on(store: Store) -> None:
    names = [grade_submission(store, f"student-{number}", "a", 8) for number in range(4)]
    name = preview_regrade(store, {"a": 10})
    store.regrades.apply(name, Mode.WHOLE)
    step_claim = claim_step(store, name)
    assert one_chunk(store, step_claim)
    store.regrades.roll_back(name)
    assert store.regrade_steps.apply(step_claim) is None
    assert not store.jobs.beat(step_claim)
    finish_step(store, name)
    regrade = now(store, name)
    assert (regrade.phase, regrade.counts.rolled_back, regrade.counts.applied) == (Phase.ROLLED_BACK, 2, 0)
    assert {submission(store, submission_id).verdict for submission_id in names} == {1}


@pytest.mark.usefixtures("short_chunks")
def test_a_student_who_hands_in_again_meanwhile_has_both_results(store: Store) -> None:
    """The older is regraded, the newer is its own; the two never meet."""
    names = [grade_submission(store, f"student-{number}", "a", 8) for number in range(40)]
    name = preview_regrade(store, {"a": 10})
    store.regrades.apply(name, Mode.WHOLE)
    new_ids: list[str] = []
    thread = threading.Thread(
        target=lambda: new_ids.extend(
            grade_submission(store, f"student-{number}", f"new {number}", 3) for number in range(30)
        )
    )
    thread.start()
    finish_step(store, name)
    thread.join()
    assert now(store, name).counts.applied == 40
    assert {submission(store, submission_id).score for submission_id in names} == {10}
    assert {
        (submission(store, submission_id).score, submission(store, submission_id).verdict) for submission_id in new_ids
    } == {(3, 1)}
    assert rows(store, name).keys() == set(names)


@pytest.mark.usefixtures("short_chunks")
def test_two_regrades_applied_at_once_give_each_submission_one_of_them(store: Store) -> None:
    names = [grade_submission(store, f"student-{number}", "a", 8) for number in range(40)]
    regrade_ids = [
        preview_regrade(store, {"a": score}, revision=revision * 16) for score, revision in ((10, "a"), (4, "b"))
    ]
    for name in regrade_ids:
        store.regrades.apply(name, Mode.WHOLE)
    threads = [threading.Thread(target=finish_step, args=(store, name)) for name in regrade_ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = [now(store, name).counts for name in regrade_ids]
    assert sum(count.applied for count in counts) == sum(count.skipped_because.changed for count in counts) == 40
    assert {submission(store, submission_id).verdict for submission_id in names} == {2}


def test_a_submission_that_is_not_done_is_never_given_a_verdict(store: Store) -> None:
    """A regrade knows only what had one."""
    waiting_id = hand_in_source(store, "ada", "a")
    name = select_units(store)
    apply_regrade(store, name)
    assert submission(store, waiting_id).state is State.QUEUED
    assert submission(store, waiting_id).verdict is None
