"""A store that a version before 0.3.0 filled is refused, and left as it was; any other is not."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from backmark.grader.errors import OlderStore
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.worker.serve.embedded import EmbeddedRedis
from tests.store.making import accept, finish_job
from tests.store.test_backups import back_up, content, restore


def test_a_store_of_a_version_before_is_refused_and_nothing_is_changed_in_it(store: Store) -> None:
    store.redis.set("bm:clock", "1764547200000000")
    store.redis.sadd("bm:courses", "backprop")
    before = content(store.redis)
    with pytest.raises(OlderStore, match=r"before 0\.3\.0 stored, and 0\.2 is the last that reads it"):
        store.refuse_older()
    with pytest.raises(OlderStore):
        accept(store)
    assert content(store.redis) == before


def test_an_empty_store_is_accepted(store: Store) -> None:
    store.refuse_older()
    accept(store)


def test_a_store_of_this_version_is_accepted_after_a_restart(redis_program: str, tmp_path: Path) -> None:
    assert redis_program
    server = EmbeddedRedis(tmp_path)
    for _ in range(2):
        server.start()
        store = Store.connect(ServiceSettings(redis_url=SecretStr(server.url)))
        store.refuse_older()
        finish_job(store)
        store.close()
        server.stop()


def test_a_store_of_this_version_is_accepted_from_a_backup(store: Store) -> None:
    finish_job(store)
    restore(store, back_up(store))
    store.refuse_older()
    accept(store)


def test_a_worker_of_before_that_touches_a_store_of_this_version_locks_nobody_out(store: Store) -> None:
    finish_job(store)
    store.redis.set("bm:clock", "1764547200000000")
    store.refuse_older()
