"""A backup holds the store as it was at one moment, and goes back into an empty store only, wholly or not at all."""

import gzip
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backmark.grader.errors import StoreUnavailable
from backmark.grader.model.records import State
from backmark.grader.store.backups.copying import write_backup
from backmark.grader.store.backups.file import FORMAT, BackupEntry, BackupWriter, KeyType
from backmark.grader.store.backups.restoring import restore_backup
from backmark.grader.store.connection import Connection, text
from backmark.grader.store.errors import BadBackup, NotEmpty
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from tests.store.making import accept, claim_job, finish_job, new, now
from tests.stored.loading import restore as load_stored

STORED = Path(__file__).parents[1] / "stored"


def ignore(_done: int, _total: int) -> None:
    """Show no progress."""


def back_up(store: Store, progress: Callable[[int, int], None] = ignore) -> bytes:
    stream = io.BytesIO()
    write_backup(store.redis, stream, progress)
    return stream.getvalue()


def restore(store: Store, data: bytes, progress: Callable[[int, int], None] = ignore) -> int:
    """Restore into the store, which is emptied first."""
    store.redis.flushall()
    return restore_backup(store.redis, io.BytesIO(data), progress)


def content(redis: Connection) -> dict[str, tuple[Any, int]]:
    """Every key of Backmark's with its content, and when it expires."""
    readers: dict[str, Callable[[Any], Any]] = {
        "string": redis.get,
        "hash": redis.hgetall,
        "set": redis.smembers,
        "zset": lambda name: redis.zrange(name, 0, -1, withscores=True),
        "list": lambda name: redis.lrange(name, 0, -1),
    }
    names = sorted(text(name) for name in redis.scan_iter("bm:*"))
    marks = tuple(name for name in names if name.startswith("bm:backup:"))
    return {
        name: (readers[text(redis.type(name))](name), int(redis.pexpiretime(name)))
        for name in names
        if name not in marks
    }


def test_the_store_of_a_whole_service_comes_back_key_by_key(store: Store) -> None:
    """All types of keys, and when they expire."""
    load_stored(store.redis, STORED / "at_0_3_0")
    before = content(store.redis)
    assert {type(value) for value, _ in before.values()} == {bytes, dict, set, list}
    assert any(expires > 0 for _, expires in before.values())
    assert restore(store, back_up(store)) == len(before)
    assert content(store.redis) == before


def test_large_keys_come_back(store: Store) -> None:
    names = [str(number) for number in range(5001)]
    store.redis.hset("bm:hash", mapping=dict.fromkeys(names, b"\x00\xff" * 9))
    store.redis.zadd("bm:sorted", {name: float(name) * 1e12 + 0.001 for name in names})
    store.redis.rpush("bm:list", *names)
    store.redis.sadd("bm:set", *names)
    store.redis.set("bm:string", bytes(range(256)) * 40_000)
    before = content(store.redis)
    restore(store, back_up(store))
    assert content(store.redis) == before


def test_keys_of_others_are_left_out(store: Store) -> None:
    store.redis.mset({"theirs": "1", "celery:x": "1"})
    finish_job(store)
    restore(store, back_up(store))
    assert store.redis.exists("theirs", "celery:x") == 0


def test_what_goes_and_changes_while_it_is_copied_is_as_it_is_at_the_end(store: Store) -> None:
    """Several pages of keys, before each of which something happens."""
    fill(store)
    names = [finish_job(store, new(f"student-{number}")) for number in range(9)]
    waiting_id = accept(store)
    progress = act_once(
        lambda: [store.submissions.delete(name) for name in names[:5]], lambda: claim_job(store, waiting_id)
    )
    data = back_up(store, progress)
    before = content(store.redis)
    restore(store, data)
    assert content(store.redis) == before
    assert now(store, waiting_id).state is State.RUNNING


def fill(store: Store) -> None:
    """Keys enough for several pages."""
    store.redis.mset({f"bm:filler:{number}": number for number in range(2500)})


def act_once(*actions: Callable[[], object]) -> Callable[[int, int], None]:
    """A progress that does these, one at each call."""
    remaining_actions = iter(actions)

    def act(_done: int, _total: int) -> None:
        next(remaining_actions, lambda: None)()

    return act


def test_a_store_that_is_emptied_meanwhile_makes_no_backup(store: Store) -> None:
    fill(store)
    with pytest.raises(StoreUnavailable, match="deleted meanwhile"):
        back_up(store, act_once(store.redis.flushall))


def test_two_backups_at_a_time_do_not_disturb_each_other(store: Store) -> None:
    finish_job(store)
    before = content(store.redis)
    inner: list[bytes] = []
    outer = back_up(store, act_once(lambda: inner.append(back_up(store))))
    for data in (outer, *inner):
        restore(store, data)
        assert content(store.redis) == before


def test_a_store_that_holds_anything_is_refused_and_stays_as_it_is(store: Store) -> None:
    finish_job(store)
    data = back_up(store)
    store.redis.flushall()
    accept(store)
    before = content(store.redis)
    with pytest.raises(NotEmpty, match="the store is not empty, it holds bm:"):
        restore_backup(store.redis, io.BytesIO(data), ignore)
    assert content(store.redis) == before


def test_what_is_recorded_while_a_backup_is_restored_stays_and_nothing_else(store: Store) -> None:
    finish_job(store)
    data = back_up(store)
    with pytest.raises(NotEmpty, match="stop web servers"):
        restore(store, data, act_once(lambda: store.redis.set("bm:elsewhere", "1")))
    assert set(content(store.redis)) == {"bm:elsewhere"}


def test_what_a_restore_left_that_was_killed_is_no_obstacle(store: Store) -> None:
    finish_job(store)
    before, data = content(store.redis), back_up(store)
    store.redis.flushall()
    store.redis.mset({"bm:restoring:clock": "1", "bm:restoring:elsewhere": "1"})
    restore_backup(store.redis, io.BytesIO(data), ignore)
    assert content(store.redis) == before


def damage_backup(data: bytes) -> Iterator[bytes]:
    """The backup cut off, or with a byte altered, in several places; and twice in a row."""
    for share in range(1, 10):
        place = share * len(data) // 10
        yield data[:place]
        yield data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
    yield data[:-1]
    yield data[:-9]
    yield data + data


def test_a_damaged_backup_is_refused_and_nothing_of_it_is_left(store: Store) -> None:
    """Whichever of its parts is seen first: a bit of a key may make it another's."""
    for number in range(20):
        finish_job(store, new(f"student-{number}", f"# {number}".encode()))
    backup = back_up(store)
    for data in damage_backup(backup):
        with pytest.raises(BadBackup, match=r"damaged|not a backup|not Backmark's"):
            restore(store, data)
        assert list(store.redis.scan_iter()) == []
    assert restore(store, backup) > 20


def first_line(**members: object) -> bytes:
    return gzip.compress(json.dumps({"version": "9.0", "created": 1, "records": 1, **members}).encode() + b"\n")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "not a backup"),
        (b"REDIS0011\xfa\x09redis-ver", "not a backup"),
        (gzip.compress(b"an essay\n" * 99), "not a backup"),
        (gzip.compress(b'{"format": "elsewhere/1"}\n'), "not a backup"),
        (first_line(format="backmark.backup/2"), "backmark.backup/2 of a newer Backmark"),
        (first_line(format=FORMAT), "damaged"),
    ],
    ids=["empty", "redis", "essay", "elsewhere", "newer", "no end"],
)
def test_a_file_that_is_no_backup_is_refused_in_a_sentence(store: Store, data: bytes, sentence: str) -> None:
    with pytest.raises(BadBackup, match=sentence):
        restore(store, data)
    assert list(store.redis.scan_iter()) == []


def test_a_backup_with_keys_of_others_is_refused(store: Store) -> None:
    stream = io.BytesIO()
    with BackupWriter(stream, 1, 1) as writer:
        writer.write(BackupEntry(KeyType.STRING, b"elsewhere", -1, [b"1"]))
    with pytest.raises(BadBackup, match="not Backmark's"):
        restore(store, stream.getvalue())
    assert list(store.redis.scan_iter()) == []


def test_a_redis_without_room_for_the_backup_keeps_nothing_of_it(store: Store) -> None:
    finish_job(store)
    data = back_up(store)
    store.redis.flushall()
    store.redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(StoreUnavailable, match="no space left in its memory"):
            restore_backup(store.redis, io.BytesIO(data), ignore)
    finally:
        store.redis.config_set("maxmemory", "0")
    assert list(store.redis.scan_iter()) == []


def test_lists_go_on_from_a_restored_store(store: Store) -> None:
    """Attempts are counted on, and new submissions stand after old ones."""
    finish_job(store)
    restore(store, back_up(store))
    name = accept(store, new(source=b"# again"))
    assert now(store, name).attempt == 2
    assert store.submissions.list(Filter("cs101")).items[0].id == name


def test_a_link_that_was_ended_stays_ended_after_a_restore(store: Store) -> None:
    """And one that was made since the backup belongs to no series that the store knows again."""
    before = store.links.series([("owner", "other")])
    store.links.end("owner", "cs101", "udl-7.2", "ada", "prof")
    data, ended = back_up(store), store.links.series([("owner", "other")])
    store.links.end("owner", "cs101", "udl-7.2", "ada", "prof")
    later = store.links.series([("owner", "other")])
    restore(store, data)
    assert store.links.series([("owner", "other")]) == ended != before
    store.links.end("owner", "cs101", "udl-7.2", "ada", "prof")
    assert store.links.series([("owner", "other")])[0].endings not in {
        series.endings for series in before + ended + later
    }
