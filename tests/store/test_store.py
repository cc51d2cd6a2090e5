"""The store as a whole: away, unfit, told of changes, counted, and who works."""

import contextlib
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from backmark.grader.errors import StoreUnavailable
from backmark.grader.model.records import State
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.grader.store.workers import Worker
from backmark.worker.serve.embedded import EmbeddedRedis, free_port
from tests.store.making import accept, claim_job, finish_job, job, new, now, verdict


def test_the_embedded_redis_is_fit(store: Store) -> None:
    store.ping()
    assert store.durability_complaints() == []


def test_a_redis_that_may_forget_is_unfit(store: Store) -> None:
    store.redis.config_set("appendfsync", "everysec")
    store.redis.config_set("maxmemory-policy", "allkeys-lru")
    try:
        complaints = store.durability_complaints()
    finally:
        store.redis.config_set("appendfsync", "always")
        store.redis.config_set("maxmemory-policy", "noeviction")
    assert [" ".join(complaint.split()[4:7]) for complaint in complaints] == [
        "appendfsync everysec, not",
        "maxmemory-policy allkeys-lru, not",
    ]


def test_a_redis_without_room_is_unfit(store: Store) -> None:
    store.redis.config_set("maxmemory", "1")
    try:
        (complaint,) = store.durability_complaints()
    finally:
        store.redis.config_set("maxmemory", "0")
    assert "of 1 bytes" in complaint


def test_a_redis_that_is_away_is_unavailable_and_unfit_at_once() -> None:
    absent_store = Store.connect(ServiceSettings(redis_url=SecretStr(f"redis://127.0.0.1:{free_port()}/0")))
    start = time.monotonic()
    for ask in (
        absent_store.ping,
        lambda: accept(absent_store),
        absent_store.workers.list,
        lambda: absent_store.tokens.verify("bmk_00_00"),
    ):
        with pytest.raises(StoreUnavailable, match="does not answer"):
            ask()
    with pytest.raises(StoreUnavailable), absent_store.submissions.subscribe("x"):
        pass
    assert len(absent_store.durability_complaints()) == 1
    # Seven questions, none of which is tried again and again.
    assert time.monotonic() - start < 20


def test_a_wrong_password_is_unavailable_and_not_shown(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path, password="right")  # noqa: S106 - of this test only
    server.start()
    try:
        store = Store.connect(ServiceSettings(redis_url=SecretStr(server.url.replace("right", "wrong"))))
        with pytest.raises(StoreUnavailable) as error:
            store.ping()
        assert "wrong" not in str(error.value)
    finally:
        server.stop()


def test_what_was_accepted_is_there_after_a_power_cut_without_connecting_anew(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path, free_port())
    server.start()
    try:
        store = Store.connect(ServiceSettings(redis_url=SecretStr(server.url)))
        done_id, waiting_id = finish_job(store), accept(store)
        server.kill()
        with pytest.raises(StoreUnavailable):
            accept(store)
        server.start()
        assert [now(store, name).state for name in (done_id, waiting_id)] == [State.DONE, State.QUEUED]
        assert store.submissions.verdict(done_id) == verdict()
        assert store.jobs.claim(job(waiting_id)) is not None
    finally:
        server.stop()


def test_a_redis_that_hangs_is_waited_for_once_and_found_again(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    server.start()
    assert server.pid is not None
    with contextlib.closing(Store.connect(ServiceSettings(redis_url=SecretStr(server.url)))) as store:
        store.ping()
        os.kill(server.pid, signal.SIGSTOP)
        try:
            with pytest.raises(StoreUnavailable, match="Timeout"):
                store.ping()
            # By what it says, nobody waits for the store again.
            for ask in (store.ping, lambda: store.tokens.valid("x"), lambda: accept(store)):
                with pytest.raises(StoreUnavailable, match="does not answer: a command timed out a moment ago"):
                    ask()
        finally:
            os.kill(server.pid, signal.SIGCONT)
        until = time.monotonic() + 10
        while store.durability_complaints() and time.monotonic() < until:
            time.sleep(0.05)
        assert store.durability_complaints() == []
    server.stop()


def test_a_change_is_heard_of(store: Store) -> None:
    name = accept(store)
    with store.submissions.subscribe(name) as changes:
        assert not changes.wait(0.01)
        claim = claim_job(store, name)
        assert changes.wait(5)
        finisher = threading.Thread(target=store.submissions.finish, args=(claim, verdict()))
        finisher.start()
        assert changes.wait(5)
        finisher.join()
        assert not changes.wait(0.01)
    assert now(store, name).state is State.DONE


def test_waiting_for_a_redis_that_dies_ends_as_unavailable(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    server.start()
    store = Store.connect(ServiceSettings(redis_url=SecretStr(server.url)))
    with store.submissions.subscribe("x") as changes:
        server.kill()
        with pytest.raises(StoreUnavailable):
            changes.wait(30)


def test_what_happens_is_counted(store: Store) -> None:
    finish_job(store)
    name = accept(store, new("bob"))
    store.submissions.finish(claim_job(store, name), verdict("failed"), reused=True)
    store.jobs.hand_back(claim_job(store, accept(store, new("eve"))))
    store.counters.add("jail_failures")
    figures = store.counters.read()
    assert (figures.accepted, figures.outcomes) == (3, {"passed": 1, "failed": 1})
    assert figures.states == {("submission", "done"): 2}
    assert (figures.reused, figures.handed_back, figures.jail_failures) == (1, 1, 1)
    assert (figures.grading.count, figures.waiting.count) == (1, 3)
    assert [count for _, count in figures.waiting.buckets][-1] == 3
    assert figures.waiting.buckets[-1][0] == float("inf")


def test_workers_are_those_that_reported_of_late(store: Store) -> None:
    worker = Worker("w1@host", "host", 2, jail=False, reason="no bubblewrap", version="0.1", role="worker")
    sweeper = Worker("s1", "host", 1, jail=True, reason=None, version="0.1", role="sweeper")
    assert store.workers.list() == []
    store.workers.report(worker)
    store.workers.report(sweeper)
    assert store.workers.list() == [sweeper, worker]
    store.workers.leave("s1")
    store.redis.pexpire("bm:worker:w1@host", 0)
    assert store.workers.list() == []
    assert store.redis.smembers("bm:workers") == set()


def test_a_worker_is_forgotten_within_15_seconds(store: Store) -> None:
    store.workers.report(Worker("w", "host", 1, jail=True, reason=None, version="0.1", role="worker"))
    assert 0 < store.redis.pttl("bm:worker:w") <= 15_000


def test_functions_are_known_again_after_redis_forgot_them(store: Store) -> None:
    accept(store)
    store.redis.function_flush()
    assert now(store, accept(store, new("bob"))).state is State.QUEUED
