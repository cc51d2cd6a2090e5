"""The two pages about storage are true: every key is in one, and the rights that the other names are enough."""

import io
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from backmark.grader.dispatch import QUEUE, CeleryDispatcher, application
from backmark.grader.errors import StoreUnavailable
from backmark.grader.model.records import Kind, Scope
from backmark.grader.store.backups.copying import write_backup
from backmark.grader.store.backups.restoring import restore_backup
from backmark.grader.store.store import Store
from backmark.worker.serve.embedded import EmbeddedRedis
from tests.store.making import finish_job

ROOT = Path(__file__).parents[2]
KEYS, RIGHTS = (
    (ROOT / "docs" / part / "storage.md").read_text(encoding="utf-8") for part in ("how-we-know", "operator")
)


def families() -> set[str]:
    """The first part of every key that a function or a file of the store makes."""
    folder = ROOT / "grader" / "store"
    functions = "".join(path.read_text("utf-8") for path in (folder / "functions").glob("*.lua"))
    files = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    key_names = set(re.findall(r"\bkey\('([a-z-]+)'", functions)) | set(re.findall(r"\bkey\(\"([a-z-]+)\"", files))
    key_names |= set(re.findall(r"'bm:([a-z-]+)", functions)) | set(re.findall(r"\"bm:([a-z-]+)", files))
    key_names |= {f"regrade-{suffix}" for suffix in re.findall(r"regrade_key\('([a-z-]+)'", functions)}
    return (key_names | set(Kind)) - {"regrade-"}


def test_every_key_is_documented() -> None:
    assert families() > {"submission", "leases", "verdict", "token", "outbox", "worker", "regrade-units"}
    assert sorted(family for family in families() if not re.search(rf"`bm:{family}\b", KEYS)) == []


def test_the_documented_rights_are_enough_and_no_more(store: Store, redis_server: EmbeddedRedis) -> None:
    match = re.search(r"^    user backmark (on >PASSWORD .*)$", RIGHTS, re.MULTILINE)
    assert match is not None
    store.redis.execute_command("ACL", "SETUSER", "backmark", "reset", *match[1].split())
    url = redis_server.url.replace("redis://", "redis://backmark:PASSWORD@")
    store.redis.function_flush()
    limited_store = Store.connect(store.settings.model_copy(update={"redis_url": SecretStr(url)}))
    try:
        assert limited_store.durability_complaints() == []
        name = finish_job(limited_store)
        assert store.redis.function_list()
        limited_store.tokens.create("portal", "cs101", {Scope.READ}, author="root")
        with limited_store.submissions.subscribe(name) as changes:
            limited_store.submissions.delete(name)
            assert changes.wait(30)
        app = application(limited_store.settings)
        CeleryDispatcher(app).nudge()
        with app.connection() as connection, connection.SimpleQueue(QUEUE) as queue:
            queue.get(timeout=30).ack()
        app.close()
        backup = io.BytesIO()
        write_backup(limited_store.redis, backup, lambda _done, _total: None)
        store.redis.flushall()
        assert restore_backup(limited_store.redis, io.BytesIO(backup.getvalue()), lambda _done, _total: None) > 0
        with pytest.raises(StoreUnavailable, match="refuses"):
            limited_store.redis.set("elsewhere", "1")
        with pytest.raises(StoreUnavailable, match="refuses"):
            limited_store.redis.config_set("appendfsync", "no")
    finally:
        limited_store.close()
        store.redis.execute_command("ACL", "DELUSER", "backmark")
