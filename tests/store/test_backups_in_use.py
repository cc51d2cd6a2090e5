"""A backup of a store that several clients change meanwhile."""

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from backmark.grader.model.records import State
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.backups import copying
from backmark.grader.store.connection import text
from backmark.grader.store.store import Store
from backmark.worker.serve.embedded import EmbeddedRedis
from tests.store.making import accept, claim_job, new, verdict
from tests.store.test_backups import back_up, fill, restore


@pytest.fixture
def busy(store: Store) -> Iterator[list[str]]:
    """Ids of submissions that several clients hand in, take up, grade, delete and cancel, until the test ends."""
    fill(store)
    accepted_ids = [accept(store, new(f"early-{number}", f"# early {number}".encode())) for number in range(30)]
    stop = threading.Event()

    def hand_in(client: int) -> None:
        for number in itertools.count():
            if stop.wait(0.002):
                return
            name = accept(store, new(f"{client}-{number}", f"# {client} {number}".encode()))
            match number % 5:
                case 0 | 1:
                    store.submissions.finish(claim_job(store, name), verdict("failed"))
                case 2:
                    claim_job(store, name)
                case 3:
                    store.submissions.delete(name)
                    continue
            accepted_ids.append(name)

    clients = [threading.Thread(target=hand_in, args=(client,)) for client in range(3)]
    for client in clients:
        client.start()
    yield accepted_ids
    stop.set()
    for client in clients:
        client.join()


@pytest.fixture
def spare(tmp_path: Path, settings: ServiceSettings) -> Iterator[Store]:
    """An empty store on a Redis of its own."""
    server = EmbeddedRedis(tmp_path / "spare")
    server.start()
    new_store = Store.connect(settings.model_copy(update={"redis_url": SecretStr(server.url)}))
    yield new_store
    new_store.close()
    server.stop()


# A submission has fewer than 25 items, an index more. Were submissions read by commands too, a new one each round
# would keep the copy from ever settling.
@pytest.mark.parametrize("items", [copying._ITEMS, 25], ids=["by calls", "by commands"])
def test_a_backup_of_a_store_in_use_is_one_moment_of_it(
    store: Store, spare: Store, busy: list[str], items: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every key agrees with every other, as functions left them: none is older or newer."""
    monkeypatch.setattr(copying, "_ITEMS", items)
    before = list(busy)
    restore(spare, back_up(store))
    assert len(busy) > len(before)
    names = {text(key).split(":")[2] for key in spare.redis.scan_iter("bm:submission:*")}
    assert names == set(members(spare, "bm:index:cs101:all"))
    assert names >= set(before)
    submissions = spare.submissions.many(sorted(names))
    in_state = {state: {submission.id for submission in submissions if submission.state is state} for state in State}
    assert {f"submission:{name}" for name in in_state[State.QUEUED]} == set(members(spare, "bm:waiting:interactive"))
    assert {f"submission:{name}" for name in in_state[State.RUNNING]} == set(members(spare, "bm:leases"))
    verdicts = {text(key).split(":")[2] for key in spare.redis.scan_iter("bm:verdict:*")}
    assert verdicts == in_state[State.DONE]
    assert {submission.source_sha256 for submission in submissions} == {
        text(key).removeprefix("bm:source:") for key in spare.redis.scan_iter("bm:source:*")
    }


def members(store: Store, name: str) -> list[str]:
    page: Any = store.redis.zrange(name, 0, -1)
    return [text(member) for member in page]
