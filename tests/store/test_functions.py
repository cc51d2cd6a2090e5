"""Functions in Redis: loaded where missing, beside those of other versions, and refused above maxmemory or not."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from backmark.grader.errors import StoreUnavailable
from backmark.grader.model.records import Claim, Scope, State
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store import functions as module
from backmark.grader.store.functions import FunctionCall, read_library
from backmark.grader.store.shares import Share
from backmark.grader.store.store import Store
from backmark.worker.serve.embedded import EmbeddedRedis
from tests.store.making import accept, claim_job, finish_job, job, new, now, verdict

#: The hash of another version.
OLDER = "0" * 12
SHARE = Share("requests of this token", ("portal",), 1, 2, 60)


@contextmanager
def full_memory(store: Store) -> Iterator[None]:
    """A Redis above its maxmemory."""
    store.redis.config_set("maxmemory", 1)
    try:
        yield
    finally:
        store.redis.config_set("maxmemory", 0)


def libraries(store: Store) -> set[str]:
    """The names of the libraries that Redis has."""
    listed: Any = store.redis.function_list()
    return {library[1].decode() for library in listed}


def dump(store: Store) -> dict[bytes, bytes | None]:
    """Every key with its content."""
    return {key: store.redis.dump(key) for key in store.redis.scan_iter()}


def own_library() -> str:
    """The name of this version's library."""
    return read_library().partition("\n")[0].rpartition("=")[2]


def count_calls(store: Store, command: str) -> int:
    """How often Redis was given a command."""
    stats: Any = store.redis.info("commandstats")
    return int(stats.get(f"cmdstat_{command}", {"calls": 0})["calls"])


def test_they_are_loaded_where_they_are_missing(store: Store) -> None:
    store.redis.function_flush()
    first = accept(store)
    assert libraries(store) == {own_library()}
    written_out = count_calls(store, "eval")
    second = finish_job(store, new("bob"))
    assert [now(store, name).state for name in (first, second)] == [State.QUEUED, State.DONE]
    assert count_calls(store, "eval") == written_out


def test_those_of_two_versions_stand_side_by_side(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    name = accept(store)
    older_text = read_library().replace(own_library().removeprefix("backmark_"), OLDER)
    with monkeypatch.context() as patch:
        patch.setattr(module, "read_library", lambda: older_text)
        patch.setattr(module, "_version", lambda: OLDER)
        claim = claim_job(store, name)
        assert store.submissions.finish(claim, verdict())
    assert store.submissions.finish(claim, verdict())
    assert libraries(store) == {own_library(), f"backmark_{OLDER}"}
    store.redis.function_flush()


def test_they_outlive_what_is_stored(store: Store) -> None:
    accept(store)
    store.redis.flushall()
    assert own_library() in libraries(store)
    assert now(store, accept(store)).state is State.QUEUED


def test_a_claim_holds_although_redis_forgets_them_meanwhile(store: Store) -> None:
    names = [accept(store, new(student)) for student in ("ada", "bob")]
    claim = claim_job(store, names[0])
    store.redis.function_flush()
    assert store.jobs.beat(claim)
    store.redis.function_flush()
    following = store.jobs.following_claim()
    assert store.submissions.finish(claim, verdict(), following=following)
    assert store.jobs.read_following(following) == Claim(job(names[1]), 1)


def test_a_redis_that_was_killed_has_them_when_it_starts_again(redis_program: str) -> None:
    assert redis_program
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = EmbeddedRedis(Path(folder))
        server.start()
        try:
            with closing(Store.connect(ServiceSettings(redis_url=SecretStr(server.url)))) as first:
                name = accept(first)
            server.kill()
            server.start()
            with closing(Store.connect(ServiceSettings(redis_url=SecretStr(server.url)))) as second:
                assert libraries(second) == {own_library()}
                assert second.submissions.finish(claim_job(second, name), verdict())
                assert count_calls(second, "eval") == 0
        finally:
            server.stop()


@pytest.mark.parametrize("library", ["loaded", "missing"])
def test_above_maxmemory_reading_counting_and_deleting_go_on(store: Store, library: str) -> None:
    waiting, done = accept(store), finish_job(store, new("bob"))
    token, secret = store.tokens.create("portal", "cs101", {Scope.READ})
    if library == "missing":
        store.redis.function_flush()
    with full_memory(store):
        assert store.jobs.place(job(waiting)) is not None
        assert store.submissions.identical(done) == [waiting]
        assert store.tokens.authorize(secret, lambda _: SHARE) == token
        store.shares.count(SHARE)
        assert store.submissions.delete(done)
        assert store.submissions.delete_student("cs101", "ada", links="owner") == 1
        assert libraries(store) == ({own_library()} if library == "loaded" else set())
    assert store.courses.delete("cs101") == 0


@pytest.mark.parametrize("library", ["loaded", "missing"])
def test_above_maxmemory_what_adds_something_is_refused_and_changes_nothing(store: Store, library: str) -> None:
    waiting, claim = accept(store), claim_job(store, accept(store, new("bob")))
    if library == "missing":
        store.redis.function_flush()
    before = dump(store)
    with full_memory(store):
        for change in (
            store.jobs.claim_next,
            lambda: store.submissions.finish(claim, verdict()),
            lambda: store.submissions.cancel(waiting),
            lambda: store.tokens.create("portal", "cs101", {Scope.READ}),
        ):
            with pytest.raises(StoreUnavailable, match="no space left"):
                change()
    assert dump(store) == before


def test_bytes_arrive_as_they_are(store: Store) -> None:
    content = bytes(range(256))
    store.submissions.accept(new(source=content))
    call = FunctionCall("keep", {"source": "0" * 64, "key": None, "listing": content})
    store.redis.sadd("bm:source-users:" + "0" * 64, "someone")
    assert store.functions.call_joined(call) == 1
    assert store.redis.get("bm:listing:" + "0" * 64) == content
