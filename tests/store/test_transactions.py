"""A transaction happens completely or not at all, and as if nothing else had happened meanwhile."""

import contextlib
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Timer
from typing import Any

import pytest

from backmark.grader.errors import OlderStore, StoreUnavailable
from backmark.grader.model.audit import AuditEntry
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store import transactions as module
from backmark.grader.store.acts import record
from backmark.grader.store.connection import Connection
from backmark.grader.store.functions import Functions
from backmark.grader.store.store import Store
from backmark.grader.store.transactions import Transaction, Transactions
from tests.store.interleaving import interleave

#: A script that takes about a second.
SLOWLY = "for _ = 1, 3e8 do end"


@pytest.fixture
def transactions(store: Store) -> Transactions:
    return Transactions(store.redis, store.functions)


@pytest.fixture
def full_store(store: Store) -> Iterator[Store]:
    """A store with a hash, and without memory for more."""
    store.redis.hset("bm:hash", "before", "1")
    store.redis.config_set("maxmemory", 1)
    yield store
    store.redis.config_set("maxmemory", 0)


def add_one(transaction: Transaction) -> int:
    """Add one to a number by reading and writing it, which only a transaction may do."""
    number = int(transaction.read.get("bm:number") or 0) + 1
    transaction.write.set("bm:number", number)
    return number


def drop(transaction: Transaction) -> None:
    """Remove a field, and write that into the log."""
    transaction.write.hdel("bm:hash", "before")
    record(transaction, "cs101", AuditEntry(0, "prof", "field.drop", "before"))


def cut(connection: Any) -> None:
    """Cut a connection, unless it is closed already."""
    with contextlib.suppress(OSError, AttributeError):
        connection._sock.shutdown(socket.SHUT_RDWR)


def test_a_change_begins_anew_when_what_it_read_has_changed(
    store: Store, transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    interleave(monkeypatch, lambda: store.redis.set("bm:number", 10), lambda: store.redis.set("bm:number", 20))
    assert transactions.run(add_one) == 21
    assert store.redis.get("bm:number") == b"21"


def test_what_else_changes_does_not_matter(
    store: Store, transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    interleave(monkeypatch, lambda: store.redis.set("bm:other", 10), lambda: store.redis.set("bm:number", 20))
    assert transactions.run(add_one) == 1


def test_all_of_many_at_once_are_made(store: Store, transactions: Transactions) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: transactions.run(add_one), range(200)))
    assert sorted(numbers) == list(range(1, 201))
    assert store.redis.get("bm:number") == b"200"


def test_a_change_that_is_overtaken_each_time_is_refused(
    store: Store, transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_TRIES", 5)
    interleave(monkeypatch, *[lambda: store.redis.incr("bm:number")] * 5)
    with pytest.raises(StoreUnavailable, match="keeps changing"):
        transactions.run(add_one)


def test_nothing_is_written_if_a_change_raises(store: Store, transactions: Transactions) -> None:
    def change(transaction: Transaction) -> None:
        add_one(transaction)
        raise LookupError

    with pytest.raises(LookupError):
        transactions.run(change)
    assert not store.redis.exists("bm:number")
    assert transactions.run(add_one) == 1


def test_what_writes_cannot_be_executed_while_reading(transactions: Transactions) -> None:
    with pytest.raises(KeyError):
        transactions.run(lambda transaction: transaction.read.hset("bm:hash", "field", "1"))


@pytest.mark.parametrize("answer_seconds", [0.3, 30.0])
def test_a_change_whose_answer_is_lost_is_made_once_and_its_end_is_unknown(
    store: Store, settings: ServiceSettings, answer_seconds: float
) -> None:
    """Redis answers too late, or the connection is cut while it is at work."""
    tries = []

    def change(transaction: Transaction) -> None:
        tries.append(transaction)
        add_one(transaction)
        transaction.write.eval(SLOWLY, 0)
        assert transaction.write.connection is not None
        Timer(0.5, cut, [transaction.write.connection]).start()

    redis = Connection.open(settings, answer_seconds)
    with pytest.raises(StoreUnavailable, match="does not answer"):
        Transactions(redis, Functions(redis)).run(change)
    redis.close()
    assert len(tries) == 1
    assert store.redis.get("bm:number") == b"1"


def test_a_connection_that_is_lost_while_reading_ends_a_change(store: Store, transactions: Transactions) -> None:
    def change(transaction: Transaction) -> None:
        add_one(transaction)
        store.redis.client_kill_filter(skipme=True, _type="normal")
        transaction.read.get("bm:other")

    with pytest.raises(StoreUnavailable, match="does not answer"):
        transactions.run(change)
    assert not store.redis.exists("bm:number")


def test_a_redis_without_memory_refuses_all_of_a_change(full_store: Store, transactions: Transactions) -> None:
    def change(transaction: Transaction) -> None:
        drop(transaction)
        transaction.write.hset("bm:hash", "after", "1")

    with pytest.raises(StoreUnavailable, match="no space left"):
        transactions.run(change)
    assert full_store.redis.hgetall("bm:hash") == {b"before": b"1"}
    assert full_store.courses.audit("cs101").items == ()


def test_a_redis_without_memory_makes_all_of_a_change_that_makes_room(
    full_store: Store, transactions: Transactions
) -> None:
    transactions.run(drop)
    assert full_store.redis.hgetall("bm:hash") == {}
    assert [entry.act for entry in full_store.courses.audit("cs101").items] == ["field.drop"]


def test_a_change_calls_functions_that_redis_forgets_just_before_its_end(
    store: Store, transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    transactions.run(drop)
    interleave(monkeypatch, store.redis.function_flush)
    transactions.run(drop)
    assert len(store.courses.audit("cs101").items) == 2


def test_moments_are_given_out_once(transactions: Transactions) -> None:
    moments = [transactions.run(lambda transaction: transaction.moment()) for _ in range(20)]
    assert moments == sorted(set(moments), key=float)


def test_an_older_store_is_not_changed(store: Store, transactions: Transactions) -> None:
    store.redis.set("bm:clock", "1764547200000000")
    with pytest.raises(OlderStore):
        transactions.run(add_one)
    assert not store.redis.exists("bm:number")
