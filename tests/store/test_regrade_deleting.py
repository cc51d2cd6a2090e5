"""Deleted submissions disappear from regrades, and regrades without activity are deleted."""

import time

import pytest

from grader.model.records import Job, Kind
from grader.store.regrades.model import Mode, Phase, Which
from grader.store.store import Store
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
    mine, other = grade_submission(store, "ada", "a", 8), grade_submission(store, "ben", "a", 8)
    name = preview_regrade(store, {"a": result(10)})
    store.submissions.delete(mine)
    found = now(store, name)
    assert (found.counts.submissions, found.counts.up, found.counts.deleted) == (1, 1, 1)
    assert rows(store, name).keys() == {other}
    found = apply_regrade(store, name)
    assert (found.counts.applied, found.counts.skipped) == (1, 1)
    assert store.submissions.get(mine) is None


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
    found = now(store, name)
    assert (found.counts.submissions, found.counts.sources, found.counts.applied, found.counts.up) == (1, 1, 1, 1)
    assert (found.progress.total, found.progress.done) == (1, 1)
    assert found.selection.students == ("ben", "(deleted)")


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
    hers, both = (request_regrade(store, students=students) for students in (("lovelace",), ("ben", "lovelace")))
    store.submissions.delete_student("cs101", "lovelace")
    assert remains_of(store, "lovelace") == []
    for name in (hers, both):
        finish_step(store, name)
    assert [now(store, name).selection.students for name in (hers, both)] == [("(deleted)",), ("ben", "(deleted)")]
    assert [now(store, name).counts.submissions for name in (hers, both)] == [0, 1]


def test_a_deleted_student_s_filename_is_not_what_others_are_graded_by(store: Store) -> None:
    grade_submission(store, "ben", "the same", 8)
    grade_submission(store, "ada", "the same", 8, filename="lovelace.IPYNB.py")
    preview_regrade(store, {"the same": 10})
    store.submissions.delete_student("cs101", "ada")
    assert remains_of(store, "lovelace") == []


def test_a_student_who_was_passed_over_is_forgotten_too(store: Store) -> None:
    grade_submission(store, "lovelace", "hers", 8)
    for number in range(200):
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


@pytest.mark.parametrize("where", ["planned", "waiting", "running", "failed"])
def test_a_unit_of_which_all_submissions_are_deleted_ends_and_the_preview_is_complete(store: Store, where: str) -> None:
    mine = grade_submission(store, "ada", "a", 8)
    grade_submission(store, "ben", "b", 8)
    name = select_units(store)
    theirs = rows(store, name)[mine].entry.unit
    claim = None
    if where == "planned":
        store.regrades.cancel(name)
    elif where == "running":
        claim = store.jobs.claim(Job(Kind.UNIT, theirs))
    elif where == "failed":
        fail(store, Job(Kind.UNIT, theirs))
    store.submissions.delete(mine)
    if where == "planned":
        store.regrades.resume(name)
    if claim is not None:
        assert not store.jobs.beat(claim)
        assert unit_graded(store, claim, result(10)) is None
    assert [each.id for each in waiting_units(store)] != [theirs]
    grade(store, {"b": result(10)})
    found = now(store, name)
    assert (found.phase, found.counts.sources, found.counts.up) == (Phase.PREVIEWED, 1, 1)
    assert found.counts.could_not_be_graded == 0


def test_deleting_the_last_unit_that_was_awaited_completes_the_preview(store: Store) -> None:
    mine = grade_submission(store, "ada", "a", 8)
    name = select_units(store)
    store.submissions.delete(mine)
    assert phase(store, name) is Phase.PREVIEWED
    assert now(store, name).counts.submissions == 0


def test_one_deleted_while_submissions_are_chosen_is_not_chosen(store: Store) -> None:
    names = [grade_submission(store, f"student-{number}", str(number), 8) for number in range(210)]
    name = request_regrade(store)
    claim = claim_step(store, name)
    assert one_chunk(store, claim)
    store.submissions.delete(names[-1])
    store.submissions.delete(names[0])
    while one_chunk(store, claim):
        pass
    found = now(store, name)
    assert (found.counts.submissions, found.counts.sources) == (208, 208)
    assert len(waiting_units(store)) == 208


def test_one_deleted_while_it_is_applied_is_passed_over(store: Store) -> None:
    names = [grade_submission(store, f"student-{number}", "a", 8) for number in range(150)]
    name = preview_regrade(store, {"a": result(10)})
    store.regrades.apply(name, Mode.WHOLE)
    claim = claim_step(store, name)
    assert one_chunk(store, claim)
    for each in (names[0], names[-1]):
        store.submissions.delete(each)
    assert not one_chunk(store, claim)
    counts = now(store, name).counts
    # One had its verdict already: it is gone; the other had not: it is skipped.
    assert (counts.submissions, counts.applied, counts.deleted) == (148, 148, 1)


def test_one_at_rest_goes_with_all_that_belongs_to_it(store: Store) -> None:
    mine = grade_submission(store, "ada", "a", 8)
    name = preview_regrade(store, {"a": 10})
    apply_regrade(store, name)
    assert store.regrades.expire(now(store, name).changed - 1) == (0, False)
    assert store.regrades.expire(time.time() + 60) == (1, False)
    assert store.regrades.get(name) is None
    assert store.regrades.list("cs101").items == ()
    kept = {key.decode() for key in store.redis.scan_iter("bm:*")}
    assert not {key for key in kept if name in key or "regrade" in key}
    assert submission(store, mine).score == 10
    store.submissions.delete(mine)


def test_one_with_many_units_goes_bit_by_bit_and_is_not_seen_meanwhile(store: Store) -> None:
    for number in range(7):
        grade_submission(store, f"student-{number}", str(number), 8)
    name = preview_regrade(store, {str(number): 10 for number in range(7)})
    later = time.time() + 60
    assert [store.regrades.expire(later, 3) for _ in range(2)] == [(0, True), (0, True)]
    assert store.regrades.get(name) is None
    store.submissions.delete_student("cs101", "student-3")
    assert request_regrade(store) != name
    assert store.regrades.expire(later, 3) == (1, False)
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
