"""The folder of a service on one machine: one service at a time, and nobody else's eyes."""

from pathlib import Path

import pytest

from backmark.grader.errors import ServiceError
from backmark.worker.serve.data_dir import DataDirectory, write_private


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_it_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    folder = DataDirectory(tmp_path / "new" / "data")
    with folder.lock():
        folder.secret("secret")
        assert (mode(folder.path), mode(folder.logs), mode(folder.path / "secret")) == (0o700, 0o700, 0o600)


def test_one_that_was_opened_to_others_is_closed_again(tmp_path: Path) -> None:
    with DataDirectory(tmp_path).lock():
        pass
    tmp_path.chmod(0o755)
    with DataDirectory(tmp_path).lock():
        assert mode(tmp_path) == 0o700


def test_a_secret_is_made_once_and_each_has_its_own(tmp_path: Path) -> None:
    with DataDirectory(tmp_path).lock():
        secret = DataDirectory(tmp_path).secret("secret")
        assert len(secret) == 64
        assert DataDirectory(tmp_path).secret("secret") == secret
        assert DataDirectory(tmp_path).secret("redis-password") != secret


def test_a_second_service_is_refused_and_told_which_process_has_it(tmp_path: Path) -> None:
    with (
        DataDirectory(tmp_path).lock(),
        pytest.raises(ServiceError, match=r"in use by another `backmark serve`, process \d+;"),
        DataDirectory(tmp_path).lock(),
    ):
        pass


def test_a_folder_that_holds_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    tmp_path.chmod(0o755)
    with pytest.raises(ServiceError, match="holds other things"), DataDirectory(tmp_path).lock():
        pass
    assert mode(tmp_path) == 0o755


def test_a_backup_without_its_lock_is_taken_for_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "redis" / "appendonlydir").mkdir(parents=True)
    for name in ("secret", "redis-password", "token"):
        (tmp_path / name).write_text("ab12\n")
    with DataDirectory(tmp_path).lock():
        assert DataDirectory(tmp_path).secret("secret") == "ab12"


def test_a_folder_with_something_else_beside_a_redis_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "redis" / "appendonlydir").mkdir(parents=True)
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(ServiceError, match="holds other things"), DataDirectory(tmp_path).lock():
        pass


def test_a_file_where_the_folder_should_be_is_an_error_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ServiceError, match="cannot be the data folder"), DataDirectory(tmp_path / "file").lock():
        pass


def test_a_private_file_replaces_what_a_crash_left_half_written(tmp_path: Path) -> None:
    (tmp_path / ".token.new").write_text("half a tok", encoding="utf-8")
    write_private(tmp_path / "token", "token\n")
    assert (tmp_path / "token").read_text(encoding="utf-8") == "token\n"
    assert mode(tmp_path / "token") == 0o600
