"""Regrades applied, rolled back, and forgotten: exactly once, and only where what was compared still holds."""

import json
import threading
from dataclasses import replace

import pytest

from grader.model.records import Job, Kind, State
from grader.store.regrades.model import Mode, Phase
from grader.store.regrades.report import Disposition
from grader.store.store import Store
from tests.store.making import OUTBOX, end_lease
from tests.store.making import now as submission
from tests.store.regrading import (
    apply_regrade,
    claim_step,
    finish_step,
    grade_submission,
    handed_in,
    now,
    one_chunk,
    phase,
    preview_regrade,
    result,
    rolled_back,
    rows,
    select_units,
)


def events(store: Store) -> list[str]:
    """Submissions that callbacks are told of since the last call."""
    told = [json.loads(each) for each in store.redis.lrange(OUTBOX, 0, -1)]
    store.redis.delete(OUTBOX)
    return [each["submission"] for each in told if each["event"] == "submission.regraded"]


def test_applied_whole_every_graded_submission_holds_its_new_verdict_as_its_own(store: Store) -> None:
    mine, other = grade_submission(store, "ada", "a", 8, filename="mine.py"), grade_submission(store, "ben", "a", 10)
    name = preview_regrade(store, {"a": result(9, failing=("any_shape",))})
    assert apply_regrade(store, name).counts.applied == 2
    found = submission(store, mine)
    assert (found.verdict, found.regrade, found.outcome, found.score) == (2, name, "failed", 9)
    assert found.failing == ("any_shape",)
    verdict = store.submissions.verdict(mine)
    assert verdict is not None
    assert (verdict.submission.id, verdict.submission.filename) == (mine, "mine.py")
    assert submission(store, other).score == 9
    assert store.submissions.verdict(mine, 1) == result(8)


def test_applied_never_lower_nobody_loses_marks_and_the_report_lists_who_would_have(store: Store) -> None:
    up, down, same = (
        grade_submission(store, "ada", "a", 8),
        grade_submission(store, "ben", "b", 8),
        grade_submission(store, "cyd", "c", 8),
    )
    name = preview_regrade(store, {"a": 10, "b": 2, "c": 8})
    found = apply_regrade(store, name, Mode.NEVER_LOWER)
    assert (found.counts.applied, found.counts.would_lower, found.counts.skipped) == (2, 1, 1)
    assert [submission(store, each).score for each in (up, down, same)] == [10, 8, 8]
    assert {each: row.fate for each, row in rows(store, name).items()} == {
        up: Disposition.APPLIED,
        down: Disposition.WOULD_LOWER,
        same: Disposition.APPLIED,
    }


def test_what_changed_since_the_preview_is_left_and_listed(store: Store) -> None:
    mine, other = grade_submission(store, "ada", "a", 8), grade_submission(store, "ben", "b", 8)
    name = preview_regrade(store, {"a": 10, "b": 10})
    second = preview_regrade(store, {"a": 4, "b": 4}, students=("ada",))
    apply_regrade(store, second)
    found = apply_regrade(store, name)
    assert (found.counts.applied, found.counts.changed) == (1, 1)
    assert rows(store, name)[mine].fate is Disposition.CHANGED
    assert (submission(store, mine).score, submission(store, mine).regrade) == (4, second)
    assert submission(store, other).score == 10


def test_callbacks_are_told_of_those_whose_result_is_another(store: Store) -> None:
    up, same = grade_submission(store, "ada", "a", 8), grade_submission(store, "ben", "b", 8)
    name = preview_regrade(store, {"a": 10, "b": 8})
    events(store)
    apply_regrade(store, name)
    assert events(store) == [up]
    assert submission(store, same).verdict == 2
    rolled_back(store, name)
    assert events(store) == [up]


def test_rolled_back_what_held_before_holds_again(store: Store) -> None:
    mine = grade_submission(store, "ada", "a", 8, failing=("any_shape",))
    before, verdict = submission(store, mine), store.submissions.verdict(mine)
    name = preview_regrade(store, {"a": 10})
    apply_regrade(store, name)
    found = rolled_back(store, name)
    assert (found.phase, found.counts.rolled_back, found.counts.applied) == (Phase.ROLLED_BACK, 1, 0)
    after = submission(store, mine)
    assert after.judged != before.judged
    assert (replace(after, judged=before.judged), store.submissions.verdict(mine)) == (before, verdict)


def test_a_rollback_leaves_what_a_second_regrade_gave(store: Store) -> None:
    mine, other = grade_submission(store, "ada", "a", 8), grade_submission(store, "ben", "b", 8)
    first = preview_regrade(store, {"a": 10, "b": 10})
    apply_regrade(store, first)
    second = preview_regrade(store, {"a": 9, "b": 9}, students=("ada",))
    apply_regrade(store, second)
    found = rolled_back(store, first)
    assert (found.counts.rolled_back, found.counts.left) == (1, 1)
    assert rows(store, first)[mine].fate is Disposition.LEFT
    assert (submission(store, mine).regrade, submission(store, mine).score) == (second, 9)
    assert (submission(store, other).regrade, submission(store, other).score) == (None, 8)
    # The second's own goes back to what the first gave: that is what it was previewed beside.
    rolled_back(store, second)
    assert (submission(store, mine).regrade, submission(store, mine).score) == (first, 10)


def test_a_crash_while_it_is_applied_and_a_resumption_apply_everything_once(store: Store) -> None:
    names = [grade_submission(store, f"student-{number}", str(number % 3), 8) for number in range(250)]
    name = preview_regrade(store, {"0": 10, "1": 2, "2": 8})
    events(store)
    store.regrades.apply(name, Mode.WHOLE)
    dead = claim_step(store, name)
    assert one_chunk(store, dead)
    assert now(store, name).counts.applied == 100
    end_lease(store, dead)
    assert store.jobs.requeue_lost() == [Job(Kind.REGRADE, name)]
    again = claim_step(store, name)
    # It was not dead after all.
    assert store.regrades.steps.apply(dead) is None
    while one_chunk(store, again):
        assert phase(store, name) is Phase.APPLYING
    found = now(store, name)
    assert (found.phase, found.counts.applied, found.progress.done) == (Phase.APPLIED, 250, 250)
    assert {submission(store, each).verdict for each in names} == {2}
    assert len(events(store)) == len(set(range(250)) - set(range(2, 250, 3)))


@pytest.mark.parametrize("verb", ["apply", "roll_back"])
def test_a_last_chunk_whose_answer_was_lost_is_through(store: Store, verb: str) -> None:
    mine = grade_submission(store, "ada", "a", 8)
    name = preview_regrade(store, {"a": 10})
    if verb == "roll_back":
        apply_regrade(store, name)
        store.regrades.roll_back(name)
    else:
        store.regrades.apply(name, Mode.WHOLE)
    claim = claim_step(store, name)
    steps = store.regrades.steps
    for _ in range(2):
        done = steps.apply(claim) if verb == "apply" else steps.roll_back(claim)
        assert done is not None
        assert not done.more
    assert submission(store, mine).verdict == (2 if verb == "apply" else 1)
    assert phase(store, name) is (Phase.APPLIED if verb == "apply" else Phase.ROLLED_BACK)


def test_tries_are_counted_for_a_chunk_and_not_for_a_whole_step(store: Store) -> None:
    """A course of many thousands outlives more dead workers than a submission may."""
    for number in range(550):
        grade_submission(store, f"student-{number}", "a", 8)
    name = preview_regrade(store, {"a": 10})
    store.regrades.apply(name, Mode.WHOLE)
    for _ in range(5):
        dead = claim_step(store, name)
        one_chunk(store, dead)
        end_lease(store, dead)
        store.jobs.requeue_lost()
    finish_step(store, name)
    assert now(store, name).counts.applied == 550


def test_a_rollback_stops_the_application_that_goes_on(store: Store) -> None:
    names = [grade_submission(store, f"student-{number}", "a", 8) for number in range(150)]
    name = preview_regrade(store, {"a": 10})
    store.regrades.apply(name, Mode.WHOLE)
    applying = claim_step(store, name)
    assert one_chunk(store, applying)
    store.regrades.roll_back(name)
    assert store.regrades.steps.apply(applying) is None
    assert not store.jobs.beat(applying)
    finish_step(store, name)
    found = now(store, name)
    assert (found.phase, found.counts.rolled_back, found.counts.applied) == (Phase.ROLLED_BACK, 100, 0)
    assert {submission(store, each).verdict for each in names} == {1}


def test_a_student_who_hands_in_again_meanwhile_has_both_results(store: Store) -> None:
    """The older is regraded, the newer is its own; the two never meet."""
    names = [grade_submission(store, f"student-{number}", "a", 8) for number in range(300)]
    name = preview_regrade(store, {"a": 10})
    store.regrades.apply(name, Mode.WHOLE)
    again: list[str] = []
    handing = threading.Thread(
        target=lambda: again.extend(
            grade_submission(store, f"student-{number}", f"new {number}", 3) for number in range(60)
        )
    )
    handing.start()
    finish_step(store, name)
    handing.join()
    assert now(store, name).counts.applied == 300
    assert {submission(store, each).score for each in names} == {10}
    assert {(submission(store, each).score, submission(store, each).verdict) for each in again} == {(3, 1)}
    assert rows(store, name).keys() == set(names)


def test_two_regrades_applied_at_once_give_each_submission_one_of_them(store: Store) -> None:
    names = [grade_submission(store, f"student-{number}", "a", 8) for number in range(300)]
    both = [preview_regrade(store, {"a": score}, revision=revision * 16) for score, revision in ((10, "a"), (4, "b"))]
    for name in both:
        store.regrades.apply(name, Mode.WHOLE)
    threads = [threading.Thread(target=finish_step, args=(store, name)) for name in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = [now(store, name).counts for name in both]
    assert sum(each.applied for each in counts) == sum(each.changed for each in counts) == 300
    assert {submission(store, each).verdict for each in names} == {2}


def test_a_submission_that_is_not_done_is_never_given_a_verdict(store: Store) -> None:
    """A regrade knows only what had one."""
    waiting = handed_in(store, "ada", "a")
    name = select_units(store)
    apply_regrade(store, name)
    assert submission(store, waiting).state is State.QUEUED
    assert submission(store, waiting).verdict is None
