"""Deleted submissions disappear from regrades, and regrades without activity are deleted."""

import time

import pytest

from backmark.grader.model.records import Job, Kind
from backmark.grader.model.regrades import Mode, Phase, Which
from backmark.grader.store.store import Store
from tests.store.making import now as submission
from tests.store.regrading import (
    apply_regrade,
    claim_step,
    fail,
    finish_step,
    grade,
    grade_submission,
    now,
    one_chunk,
    phase,
    preview_regrade,
    request_regrade,
    result,
    rows,
    select_units,
    unit_graded,
    waiting_units,
)


def test_a_deleted_submission_is_skipped_and_counted_without_a_trace(store: Store) -> None:
    ada_id, ben_id = grade_submission(store, "ada", "a", 8), grade_submission(store, "ben", "a", 8)
    name = preview_regrade(store, {"a": result(10)})
    store.submissions.delete(ada_id)
    regrade = now(store, name)
    assert (regrade.counts.submissions, regrade.counts.up, regrade.counts.skipped_because.deleted) == (1, 1, 1)
    assert rows(store, name).keys() == {ben_id}
    regrade = apply_regrade(store, name)
    assert (regrade.counts.applied, regrade.counts.skipped) == (1, 1)
    assert store.submissions.get(ada_id) is None


def test_of_a_deleted_student_nothing_is_left(store: Store) -> None:
    grade_submission(store, "lovelace", "her own source", 8)
    grade_submission(store, "ben", "b", 8)
    name = preview_regrade(store, {"her own source": 10, "b": 10}, students=("lovelace", "ben"))
    apply_regrade(store, name)
    store.submissions.delete_student("cs101", "lovelace")
    for key in store.redis.scan_iter("bm:*"):
        kind = store.redis.type(key)
        content = store.redis.dump(key) if kind != b"none" else b""
        assert b"lovelace" not in key
        assert b"lovelace" not in (content or b""), key
    assert len(list(store.redis.scan_iter("bm:unit:*"))) == 1
    assert len(list(store.redis.scan_iter("bm:unit-verdict:*"))) == 1
    regrade = now(store, name)
    assert (regrade.counts.submissions, regrade.counts.sources, regrade.counts.applied, regrade.counts.up) == (
        1,
        1,
        1,
        1,
    )
    assert (regrade.progress.total, regrade.progress.done) == (1, 1)
    assert regrade.selection.students == ("ben", "(deleted)")


def test_of_a_deleted_student_who_was_asked_for_nobody_else_is_chosen_instead(store: Store) -> None:
    grade_submission(store, "ada", "a", 8)
    grade_submission(store, "ben", "b", 8)
    name = request_regrade(store, students=("ada",))
    store.submissions.delete_student("cs101", "ada")
    finish_step(store, name)
    assert now(store, name).counts.submissions == 0


def test_a_deleted_student_is_named_by_no_selection_and_nobody_else_is_chosen_instead(store: Store) -> None:
    grade_submission(store, "lovelace", "her own source", 8)
    grade_submission(store, "ben", "b", 8)
    ada_regrade, both_regrade = (
        request_regrade(store, students=students) for students in (("lovelace",), ("ben", "lovelace"))
    )
    store.submissions.delete_student("cs101", "lovelace")
    assert remains_of(store, "lovelace") == []
    for name in (ada_regrade, both_regrade):
        finish_step(store, name)
    assert [now(store, name).selection.students for name in (ada_regrade, both_regrade)] == [
        ("(deleted)",),
        ("ben", "(deleted)"),
    ]
    assert [now(store, name).counts.submissions for name in (ada_regrade, both_regrade)] == [0, 1]


def test_a_deleted_student_s_filename_is_not_what_others_are_graded_by(store: Store) -> None:
    grade_submission(store, "ben", "the same", 8)
    grade_submission(store, "ada", "the same", 8, filename="lovelace.IPYNB.py")
    preview_regrade(store, {"the same": 10})
    store.submissions.delete_student("cs101", "ada")
    assert remains_of(store, "lovelace") == []


@pytest.mark.usefixtures("short_chunks")
def test_a_student_who_was_passed_over_is_forgotten_too(store: Store) -> None:
    grade_submission(store, "lovelace", "hers", 8)
    for number in range(4):
        grade_submission(store, f"s{number}", "others'", 8)
    name = request_regrade(store, which=Which.LATEST, outcomes=("passed",))
    one_chunk(store, claim_step(store, name))
    store.redis.sadd("bm:regrade-taken:" + name, "lovelace")
    store.submissions.delete_student("cs101", "lovelace")
    assert remains_of(store, "lovelace") == []


def remains_of(store: Store, word: str) -> list[bytes]:
    """Keys that hold it somewhere."""
    keys = list(store.redis.scan_iter("bm:*"))
    return [key for key in keys if word.encode() in key or word.encode() in (store.redis.dump(key) or b"")]


@pytest.mark.parametrize("moment", ["planned", "waiting", "running", "failed"])
def test_a_unit_of_which_all_submissions_are_deleted_ends_and_the_preview_is_complete(
    store: Store, moment: str
) -> None:
    ada_id = grade_submission(store, "ada", "a", 8)
    grade_submission(store, "ben", "b", 8)
    name = select_units(store)
    ada_unit = rows(store, name)[ada_id].entry.unit
    claim = None
    if moment == "planned":
        store.regrades.cancel(name)
    elif moment == "running":
        claim = store.jobs.claim(Job(Kind.UNIT, ada_unit))
    elif moment == "failed":
        fail(store, Job(Kind.UNIT, ada_unit))
    store.submissions.delete(ada_id)
    if moment == "planned":
        store.regrades.resume(name)
    if claim is not None:
        assert not store.jobs.beat(claim)
        assert not unit_graded(store, claim, result(10))
    assert [unit.id for unit in waiting_units(store)] != [ada_unit]
    grade(store, {"b": result(10)})
    regrade = now(store, name)
    assert (regrade.phase, regrade.counts.sources, regrade.counts.up) == (Phase.PREVIEWED, 1, 1)
    assert regrade.counts.could_not_be_graded == 0


def test_deleting_the_last_unit_that_was_awaited_completes_the_preview(store: Store) -> None:
    ada_id = grade_submission(store, "ada", "a", 8)
    name = select_units(store)
    store.submissions.delete(ada_id)
    assert phase(store, name) is Phase.PREVIEWED
    assert now(store, name).counts.submissions == 0


@pytest.mark.usefixtures("short_chunks")
def test_one_deleted_while_submissions_are_chosen_is_not_chosen(store: Store) -> None:
    names = [grade_submission(store, f"student-{number}", str(number), 8) for number in range(6)]
    name = request_regrade(store)
    claim = claim_step(store, name)
    assert one_chunk(store, claim)
    store.submissions.delete(names[-1])
    store.submissions.delete(names[0])
    while one_chunk(store, claim):
        pass
    regrade = now(store, name)
    assert (regrade.counts.submissions, regrade.counts.sources) == (4, 4)
    assert len(waiting_units(store)) == 4


@pytest.mark.usefixtures("short_chunks")
def test_one_deleted_while_it_is_applied_is_passed_over(store: Store) -> None:
    names = [grade_submission(store, f"student-{number}", "a", 8) for number in range(4)]
    name = preview_regrade(store, {"a": result(10)})
    store.regrades.apply(name, Mode.WHOLE)
    claim = claim_step(store, name)
    assert one_chunk(store, claim)
    for name_deleted in (names[0], names[-1]):
        store.submissions.delete(name_deleted)
    assert not one_chunk(store, claim)
    counts = now(store, name).counts
    # One had its verdict already: it is gone; the other had not: it is skipped.
    assert (counts.submissions, counts.applied, counts.skipped_because.deleted) == (2, 2, 1)


def test_one_at_rest_goes_with_all_that_belongs_to_it(store: Store) -> None:
    ada_id = grade_submission(store, "ada", "a", 8)
    name = preview_regrade(store, {"a": 10})
    apply_regrade(store, name)
    assert store.regrades.expire(now(store, name).changed - 1) == (0, False)
    assert store.regrades.expire(time.time() + 60) == (1, False)
    assert store.regrades.get(name) is None
    assert store.regrades.list("cs101").items == ()
    kept_keys = {key.decode() for key in store.redis.scan_iter("bm:*")}
    assert not {key for key in kept_keys if name in key or "regrade" in key}
    assert submission(store, ada_id).score == 10
    store.submissions.delete(ada_id)


def test_one_with_many_units_goes_bit_by_bit_and_is_not_seen_meanwhile(store: Store) -> None:
    for number in range(7):
        grade_submission(store, f"student-{number}", str(number), 8)
    name = preview_regrade(store, {str(number): 10 for number in range(7)})
    later_time = time.time() + 60
    assert [store.regrades.expire(later_time, 3) for _ in range(2)] == [(0, True), (0, True)]
    assert store.regrades.get(name) is None
    store.submissions.delete_student("cs101", "student-3")
    assert request_regrade(store) != name
    assert store.regrades.expire(later_time, 3) == (1, False)
    assert not list(store.redis.scan_iter("bm:unit*"))


def test_what_waits_runs_or_is_previewed_stays(store: Store) -> None:
    grade_submission(store, "ada", "a", 8)
    name = request_regrade(store)
    assert store.regrades.expire(time.time() + 60) == (0, False)
    finish_step(store, name)
    assert store.regrades.expire(time.time() + 60) == (0, False)
    grade(store, {"a": result(10)})
    store.regrades.apply(name, Mode.WHOLE)
    assert store.regrades.expire(time.time() + 60) == (0, False)
    finish_step(store, name)
    assert phase(store, name) is Phase.APPLIED
