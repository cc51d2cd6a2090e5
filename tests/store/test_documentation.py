"""docs/storage.md is true: every key is in it, and the rights that it names are enough."""

import io
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from grader.dispatch import CeleryDispatcher, application
from grader.errors import StoreUnavailable
from grader.model.records import Kind
from grader.store.backups.copying import write_backup
from grader.store.backups.restoring import restore_backup
from grader.store.store import Store
from tests.store.making import accept, finish_job, job, new
from worker.serve.embedded import EmbeddedRedis

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "storage.md").read_text(encoding="utf-8")


def families() -> set[str]:
    """The first part of every key that a script or a file of the store makes."""
    folder = ROOT / "grader" / "store"
    scripts = "".join(each.read_text("utf-8") for each in (folder / "scripts").glob("*.lua"))
    files = "".join(each.read_text("utf-8") for each in folder.glob("*.py"))
    found = set(re.findall(r"\bkey\('([a-z-]+)'", scripts)) | set(re.findall(r"\bkey\(\"([a-z-]+)\"", files))
    found |= set(re.findall(r"'bm:([a-z-]+)", scripts)) | set(re.findall(r"\"bm:([a-z-]+)", files))
    found |= {f"regrade-{each}" for each in re.findall(r"regrade_key\('([a-z-]+)'", scripts)}
    return (found | set(Kind)) - {"regrade-"}


def test_every_key_is_documented() -> None:
    assert families() > {"submission", "leases", "verdict", "token", "outbox", "worker", "regrade-units"}
    assert sorted(each for each in families() if not re.search(rf"`bm:{each}\b", PAGE)) == []


def test_the_documented_rights_are_enough_and_no_more(store: Store, redis_server: EmbeddedRedis) -> None:
    found = re.search(r"^    user backmark (on >PASSWORD .*)$", PAGE, re.MULTILINE)
    assert found is not None
    store.redis.execute_command("ACL", "SETUSER", "backmark", "reset", *found[1].split())
    url = redis_server.url.replace("redis://", "redis://backmark:PASSWORD@")
    limited = Store.connect(store.settings.model_copy(update={"redis_url": SecretStr(url)}))
    try:
        assert limited.durability_complaints() == []
        name = finish_job(limited)
        with limited.submissions.subscribe(name) as changes:
            limited.submissions.delete(name)
            assert changes.wait(30)
        app = application(limited.settings)
        CeleryDispatcher(app).send(job(accept(limited, new("bob"))))
        with app.connection() as connection, connection.SimpleQueue("interactive") as queue:
            queue.get(timeout=30).ack()
        app.close()
        backup = io.BytesIO()
        write_backup(limited.redis, backup, lambda _done, _total: None)
        store.redis.flushall()
        assert restore_backup(limited.redis, io.BytesIO(backup.getvalue()), lambda _done, _total: None) > 0
        with pytest.raises(StoreUnavailable, match="refuses"):
            limited.redis.set("elsewhere", "1")
        with pytest.raises(StoreUnavailable, match="refuses"):
            limited.redis.config_set("appendfsync", "no")
    finally:
        limited.close()
        store.redis.execute_command("ACL", "DELUSER", "backmark")
