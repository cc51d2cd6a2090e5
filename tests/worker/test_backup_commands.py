"""`backmark service backup` and `backmark service restore`: their files, sentences and exit statuses."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.worker.cli.main import main
from backmark.worker.serve.data_dir import DataDirectory
from backmark.worker.serve.embedded import EmbeddedRedis
from backmark.worker.serve.folder_redis import run_redis
from tests.services import redis_server
from tests.store.making import finish_job, new, now

__all__ = ["redis_server"]


@pytest.fixture
def store(redis_server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The store that the commands find, empty."""
    monkeypatch.setenv("BACKMARK_REDIS_URL", redis_server.url)
    with contextlib.closing(Store.connect(ServiceSettings(redis_url=SecretStr(redis_server.url)))) as new_store:
        new_store.redis.flushall()
        yield new_store


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_what_is_backed_up_is_restored(store: Store, tmp_path: Path) -> None:
    names = [finish_job(store, new(f"student-{number}")) for number in range(3)]
    backup = run("service", "backup", tmp_path / "backup")
    assert (backup.exit_code, backup.stdout) == (0, "")
    assert backup.stderr.startswith("backed up 3 submissions (")
    store.redis.flushall()
    restoring = run("service", "restore", tmp_path / "backup")
    assert (restoring.exit_code, restoring.stdout) == (0, "")
    assert restoring.stderr.startswith("restored ")
    assert "put the secret of the service that was backed up into BACKMARK_SECRET" in restoring.stderr
    assert all(now(store, name).outcome == "passed" for name in names)


def test_a_backup_is_for_its_owner_only_and_takes_the_place_of_another_only_when_asked(
    store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "backup"
    file.write_text("the last one")
    file.chmod(0o644)
    finish_job(store)
    refusal = run("service", "backup", file)
    assert (refusal.exit_code, file.read_text()) == (2, "the last one")
    assert f"{file} exists already; name another file, or add --replace" in refusal.stderr
    assert run("service", "backup", "--replace", file).exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_bytes().startswith(b"\x1f\x8b")
    assert list(tmp_path.iterdir()) == [file]


def test_a_backup_that_fails_leaves_the_last_one_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKMARK_REDIS_URL", "redis://127.0.0.1:1/0")
    file = tmp_path / "backup"
    file.write_text("the last one")
    result = run("service", "backup", "--replace", file)
    assert result.exit_code == 3
    assert result.stderr.startswith("backmark: Redis does not answer")
    assert file.read_text() == "the last one"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_is_not_there_is_named(store: Store, tmp_path: Path) -> None:
    assert store.redis.dbsize() == 0
    for command in ("backup", "restore"):
        result = run("service", command, tmp_path / "missing" / "backup")
        assert result.exit_code == 3
        assert "missing" in result.stderr
        assert "No such file or directory" in result.stderr


def test_a_backup_goes_through_pipes(store: Store) -> None:
    """As into a container and out of it."""
    name = finish_job(store)
    command = (sys.executable, "-m", "backmark.worker.cli.main", "service")
    backup = subprocess.run([*command, "backup", "-"], capture_output=True, check=True)
    store.redis.flushall()
    restoring = subprocess.run([*command, "restore", "-"], input=backup.stdout, capture_output=True, check=True)
    assert (restoring.stdout, now(store, name).outcome) == (b"", "passed")


def test_a_store_in_use_is_refused(store: Store, tmp_path: Path) -> None:
    finish_job(store)
    run("service", "backup", tmp_path / "backup")
    result = run("service", "restore", tmp_path / "backup")
    assert result.exit_code == 2
    assert "the store is not empty, it holds bm:" in result.stderr


def test_a_file_that_is_no_backup_is_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "essay").write_text("It was a dark and stormy night.")
    result = run("service", "restore", tmp_path / "essay")
    assert result.exit_code == 2
    assert "this is not a backup that `backmark service backup` wrote" in result.stderr
    assert store.redis.dbsize() == 0


def test_a_backup_is_restored_into_a_folder_for_serve(store: Store, tmp_path: Path) -> None:
    name = finish_job(store)
    run("service", "backup", tmp_path / "backup")
    restoring = run("service", "restore", tmp_path / "backup", "--data", tmp_path / "data")
    assert restoring.exit_code == 0, restoring.stderr
    assert f"put the secret of the service that was backed up into {tmp_path / 'data' / 'secret'}" in restoring.stderr
    repeat = run("service", "restore", tmp_path / "backup", "--data", tmp_path / "data")
    assert (repeat.exit_code, "the store is not empty" in repeat.stderr) == (2, True)
    with (
        run_redis(tmp_path / "data", 0) as url,
        contextlib.closing(Store.connect(ServiceSettings(redis_url=SecretStr(url)))) as kept_store,
    ):
        assert now(kept_store, name).outcome == "passed"


def test_a_folder_that_serve_uses_is_refused(store: Store, tmp_path: Path) -> None:
    finish_job(store)
    run("service", "backup", tmp_path / "backup")
    with DataDirectory(tmp_path / "data").lock():
        result = run("service", "restore", tmp_path / "backup", "--data", tmp_path / "data")
    assert result.exit_code == 3
    assert "is in use by another `backmark serve`" in result.stderr
