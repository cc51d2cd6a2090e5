"""A function with another called ahead of it or behind it: in one round trip, and each with an end of its own."""

from collections.abc import Callable, Iterator

import pytest

from backmark.grader.errors import StoreUnavailable
from backmark.grader.model.records import Claim, State
from backmark.grader.store.functions import FunctionCall
from backmark.grader.store.store import Store
from tests.store.making import accept, claim_job, job, keep_functions, new, now, verdict
from tests.store.regrading import claim_step, grade_submission, request_regrade


@pytest.fixture
def end(store: Store) -> Iterator[Callable[[], bool]]:
    """Finish a claimed submission, with its verdict kept ahead of that."""
    name = accept(store)
    claim = claim_job(store, name)
    storing_call = store.cache.storing_call("key", verdict(), now(store, name).source_sha256)
    assert storing_call is not None
    yield lambda: store.submissions.finish(claim, verdict(), ahead=storing_call)
    assert now(store, name).state is State.DONE


def test_both_are_done(store: Store, end: Callable[[], bool]) -> None:
    assert end()
    assert store.cache.get("key") == verdict()


@pytest.mark.parametrize("known", [(), ("keep",), ("finish",)])
def test_a_redis_that_has_lost_its_functions_knows_neither_or_one(
    store: Store, end: Callable[[], bool], known: tuple[str, ...]
) -> None:
    keep_functions(store, *known)
    assert end()
    assert store.cache.get("key") == verdict()


def test_a_redis_that_takes_no_writes_now_is_asked_again_later(store: Store, end: Callable[[], bool]) -> None:
    store.redis.config_set("min-replicas-to-write", "1")
    try:
        with pytest.raises(StoreUnavailable, match="NOREPLICAS"):
            end()
    finally:
        store.redis.config_set("min-replicas-to-write", "0")
    assert end()


@pytest.mark.parametrize("known", [("finish",), ("keep", "finish")])
def test_what_fails_ahead_takes_nothing_from_the_end(store: Store, known: tuple[str, ...]) -> None:
    name = accept(store)
    claim = claim_job(store, name)
    keep_functions(store, *known)
    wrong = FunctionCall(
        "keep", {"source": now(store, name).source_sha256, "key": "bm:key", "verdict": b"", "lifetime": "no number"}
    )
    assert store.submissions.finish(claim, verdict(), ahead=wrong)
    assert now(store, name).state is State.DONE


def test_the_claim_of_the_next_follows_the_end_of_one(store: Store) -> None:
    names = [accept(store, new(f"s{at}")) for at in range(3)]
    claim = claim_job(store, names[0])
    next_claim = store.jobs.following_claim()
    assert store.submissions.finish(claim, verdict(), following=next_claim)
    assert store.jobs.read_following(next_claim) == Claim(job(names[1]), 1)
    # Asked again because the answer was lost: no further one is claimed.
    assert store.submissions.finish(claim, verdict(), following=next_claim)
    assert now(store, names[2]).state is State.QUEUED


@pytest.mark.parametrize("known", [(), ("finish",), ("claim_next",), ("finish", "claim_next")])
def test_a_redis_that_has_lost_its_functions_is_given_what_follows_again(store: Store, known: tuple[str, ...]) -> None:
    first, second = (accept(store, new(f"s{at}")) for at in range(2))
    claim = claim_job(store, first)
    keep_functions(store, *known)
    next_claim = store.jobs.following_claim()
    assert store.submissions.finish(claim, verdict(), following=next_claim)
    assert store.jobs.read_following(next_claim) == Claim(job(second), 1)
    assert (now(store, first).state, now(store, second).tries) == (State.DONE, 1)


def test_what_follows_finds_what_a_function_leaves_that_redis_did_not_know(store: Store) -> None:
    """The claim alone is known, so it runs before the step that leaves it something."""
    for at in range(2):
        grade_submission(store, f"student-{at}", str(at))
    claim = claim_step(store, request_regrade(store))
    keep_functions(store, "claim_next")
    unit_claim = store.jobs.following_claim()
    assert store.regrade_steps.choose(claim, lambda _: "", last_of_turn=True, following=unit_claim) is not None
    assert store.jobs.read_following(unit_claim) is not None


def test_nothing_follows_where_nothing_waits(store: Store) -> None:
    claim = claim_job(store, accept(store))
    next_claim = store.jobs.following_claim()
    assert store.submissions.finish(claim, verdict(), following=next_claim)
    assert store.jobs.read_following(next_claim) is None


def test_what_follows_is_not_made_where_redis_takes_no_writes(store: Store) -> None:
    first, second = (accept(store, new(f"s{at}")) for at in range(2))
    claim = claim_job(store, first)
    next_claim = store.jobs.following_claim()
    store.redis.config_set("min-replicas-to-write", "1")
    try:
        with pytest.raises(StoreUnavailable, match="NOREPLICAS"):
            store.submissions.finish(claim, verdict(), following=next_claim)
    finally:
        store.redis.config_set("min-replicas-to-write", "0")
    assert store.jobs.read_following(next_claim) is None
    assert store.submissions.finish(claim, verdict(), following=next_claim)
    assert now(store, second).state is State.QUEUED
