"""A script with another ahead of it: on one way to the store, and each with an end of its own."""

from collections.abc import Callable, Iterator

import pytest

from grader.errors import StoreUnavailable
from grader.model.records import State
from grader.store.scripts import ScriptCall, _source
from grader.store.store import Store
from tests.store.making import accept, claim_job, now, verdict


@pytest.fixture
def end(store: Store) -> Iterator[Callable[[], bool]]:
    """Finish a claimed submission, with its verdict kept ahead of that."""
    name = accept(store)
    claim = claim_job(store, name)
    keeping = store.cache.storing_call("key", verdict(), now(store, name).source_sha256)
    assert keeping is not None
    yield lambda: store.submissions.finish(claim, verdict(), ahead=keeping)
    assert now(store, name).state is State.DONE


def test_both_are_done(store: Store, end: Callable[[], bool]) -> None:
    assert end()
    assert store.cache.get("key") == verdict()


@pytest.mark.parametrize("known", [(), ("keep",), ("finish",)])
def test_a_redis_that_was_restarted_knows_neither_or_one(
    store: Store, end: Callable[[], bool], known: tuple[str, ...]
) -> None:
    store.redis.script_flush()
    for name in known:
        store.redis.script_load(_source(name)[0])
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


def test_what_fails_ahead_takes_nothing_from_the_end(store: Store) -> None:
    name = accept(store)
    claim = claim_job(store, name)
    wrong = ScriptCall("keep", (now(store, name).source_sha256, "", "bm:key", b"", "no number"))
    assert store.submissions.finish(claim, verdict(), ahead=wrong)
    assert now(store, name).state is State.DONE
