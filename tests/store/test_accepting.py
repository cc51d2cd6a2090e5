"""A submission is recorded and found by the sweeper, or it is refused."""

from dataclasses import replace

import pytest

from backmark.grader.errors import StoreUnavailable
from backmark.grader.model.records import Queue, State
from backmark.grader.store.errors import IdempotencyMismatch, ShareUsedUp, StorageFull
from backmark.grader.store.shares import Share
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from tests.store.making import accept, claim_job, finish_job, job, list_remains, new, now, position


def test_what_is_accepted_can_be_read_and_waits(store: Store) -> None:
    name = accept(store, new(source=b"np.zeros(3)"))
    record = now(store, name)
    assert (record.state, record.attempt, record.size, record.student) == (State.QUEUED, 1, 11, "ada")
    assert store.submissions.source(name) == b"np.zeros(3)"
    assert position(store, job(name)) == 0
    assert store.jobs.waiting(Queue.INTERACTIVE) == 1


def test_attempts_are_numbered_by_student_and_assignment(store: Store) -> None:
    names = [
        finish_job(store),
        finish_job(store),
        finish_job(store, new("bob")),
        finish_job(store, new(assignment="other")),
    ]
    assert [now(store, name).attempt for name in names] == [1, 2, 1, 1]


def test_a_resubmission_supersedes_the_one_that_waits(store: Store) -> None:
    older, newer = accept(store), accept(store)
    assert now(store, older).state is State.SUPERSEDED
    assert now(store, older).superseded_by == newer
    assert position(store, job(older)) is None
    assert position(store, job(newer)) == 0
    assert store.jobs.claim(job(older)) is None


def test_a_resubmission_leaves_what_runs_and_what_others_wait_for(store: Store) -> None:
    running_id = accept(store)
    claim_job(store, running_id)
    other_ids = [accept(store, new("bob")), accept(store, new(assignment="other")), accept(store, new(course="x"))]
    accept(store)
    assert now(store, running_id).state is State.RUNNING
    assert {now(store, name).state for name in other_ids} == {State.QUEUED}


def test_what_was_handed_back_is_superseded_like_any_that_waits(store: Store) -> None:
    first = accept(store)
    claim = claim_job(store, first)
    second = accept(store)
    assert store.jobs.hand_back(claim)
    third = accept(store)
    assert now(store, first).superseded_by == now(store, second).superseded_by == third


def test_the_same_request_twice_is_one_submission(store: Store) -> None:
    first = store.submissions.accept(new(key="k"))
    second = store.submissions.accept(new(key="k"))
    assert (first.replayed, second.replayed) == (False, True)
    assert first.id == second.id
    assert store.counters.read().accepted == 1


def test_an_idempotency_key_is_good_for_one_request(store: Store) -> None:
    first = accept(store, new(key="k"))
    with pytest.raises(IdempotencyMismatch, match="used before"):
        accept(store, new(key="k", fingerprint="other"))
    assert now(store, first).state is State.QUEUED
    assert accept(store, new(key="another", fingerprint="other")) != first


def test_a_request_whose_submission_was_deleted_is_accepted_anew(store: Store) -> None:
    first = accept(store, new(key="k"))
    store.submissions.delete(first)
    second = store.submissions.accept(new(key="k", fingerprint="other"))
    assert second.id != first
    assert not second.replayed


def test_a_full_redis_refuses_and_records_nothing(store: Store) -> None:
    before = store.redis.dbsize()
    store.redis.config_set("maxmemory", "1")
    try:
        with pytest.raises((StorageFull, StoreUnavailable)):
            accept(store, new(key="k"))
    finally:
        store.redis.config_set("maxmemory", "0")
    assert store.redis.dbsize() == before
    assert list_remains(store) == set()


def test_a_share_counts_what_is_accepted_and_nothing_else(store: Store) -> None:
    """True of a small file, and of one so large that the limits are checked before it is compressed."""
    large = b"#" * (1 << 20)

    def with_shares(student: str, source: bytes, key: str | None = None) -> NewSubmission:
        shares = (Share("files", (student,), 1, 5, 60), Share("bytes", (student,), len(source), 2 << 20, 60))
        return replace(new(student, source, key=key), shares=shares)

    first = store.submissions.accept(with_shares("ada", large, "k"))
    assert store.submissions.accept(with_shares("ada", large, "k")).replayed
    store.submissions.accept(with_shares("ada", large[1:]))
    for source in (large, b"##"):
        with pytest.raises(ShareUsedUp) as error:
            store.submissions.accept(with_shares("ada", source))
        assert 0 < error.value.wait <= 60
    assert store.submissions.accept(with_shares("ada", b"#")).id != first.id
    assert store.submissions.accept(with_shares("bob", large)).id


def test_texts_with_separators_are_kept_apart(store: Store) -> None:
    names = [accept(store, new("a:b", assignment="c")), accept(store, new("b", assignment="c:a"))]
    assert {now(store, name).state for name in names} == {State.QUEUED}
    assert [now(store, name).attempt for name in names] == [1, 1]


def test_the_order_holds_though_redis_s_clock_was_set_back(store: Store) -> None:
    future_time = 4_000_000_000_000_000
    store.redis.set("bm:moment", future_time)
    names = [accept(store, new(f"s{at}")) for at in range(3)]
    assert [now(store, name).created for name in names] == [future_time / 1e6 + at / 1e6 for at in (1, 2, 3)]
    assert [position(store, job(name)) for name in names] == [0, 1, 2]
    assert store.jobs.oldest(Queue.INTERACTIVE) == 0
