"""The commands of a service's parts, and what they must not cost the others."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from backmark.grader.dispatch import CeleryDispatcher, application
from backmark.grader.model.records import Scope
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.worker.cli.main import main
from backmark.worker.serve.die_with_parent import tie_to_parent
from backmark.worker.serve.embedded import EmbeddedRedis, find_server
from backmark.worker.serve.folder_redis import run_redis
from tests.service.parts import until
from tests.services import redis_server

__all__ = ["redis_server"]


@pytest.fixture
def store(redis_server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The store that the commands find, empty."""
    monkeypatch.setenv("BACKMARK_REDIS_URL", redis_server.url)
    new_store = Store.connect(ServiceSettings(redis_url=SecretStr(redis_server.url)))
    new_store.redis.flushall()
    yield new_store
    new_store.close()


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def test_a_token_is_printed_once_and_works_until_it_is_revoked(store: Store) -> None:
    result = run(
        "service",
        "token",
        "create",
        "the portal",
        "--course",
        "nn",
        "--scope",
        "submit",
        "--scope",
        "read",
        "--days",
        "7",
    )
    secret = result.stdout.strip()
    token = store.tokens.verify(secret)
    assert token is not None
    assert (token.name, token.course, token.scopes) == ("the portal", "nn", frozenset({Scope.SUBMIT, Scope.READ}))
    assert token.expires is not None
    listing = run("service", "token", "list").stdout
    assert token.id in listing
    assert secret not in listing
    assert run("service", "token", "list", "--course", "other").stdout == ""
    assert run("service", "token", "revoke", token.id).exit_code == 0
    assert store.tokens.verify(secret) is None
    assert "revoked" in run("service", "token", "list").stdout


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of a service that the environment does not name otherwise."""
    monkeypatch.delenv("BACKMARK_REDIS_URL", raising=False)
    monkeypatch.setenv("BACKMARK_DATA", str(tmp_path))
    return tmp_path


def test_a_command_beside_serve_finds_its_store_and_settings(store: Store, data: Path) -> None:
    url = store.settings.redis_url.get_secret_value()
    (data / "serve.lock").write_text(f"{os.getpid()}\n")
    (data / "environment").write_text(
        f"BACKMARK_REDIS_URL={url}\nBACKMARK_SECRET='a secret'\nBACKMARK_PUBLIC_URL=https://backmark.example.edu\n"
        "BACKMARK_CALLBACK_NETWORKS='[\"10.1.0.0/16\"]'\n"
    )
    result = run("service", "token", "create", "the portal", "--course", "nn", "--scope", "submit")
    assert result.exit_code == 0, result.stderr
    assert store.tokens.verify(result.stdout.strip()) is not None
    assert run("service", "lti", "invite").stdout.startswith("https://backmark.example.edu/lti/register/")
    assert run("service", "backup", str(data / "backup")).exit_code == 0


@pytest.mark.parametrize(
    "command",
    [
        ("service", "token", "list"),
        ("service", "lti", "list"),
        ("service", "backup", "a file"),
        ("service", "restore", "{data}/a file"),
        ("status", "s1"),
    ],
)
def test_a_command_that_finds_no_service_says_how_to_name_one(data: Path, command: tuple[str, ...]) -> None:
    (data / "a file").touch()
    result = run(*(word.format(data=data) for word in command))
    assert result.exit_code == (2 if command[0] == "status" else 3)
    assert "no `backmark serve` runs" in result.stderr
    assert str(data) in result.stderr
    assert "If you started `backmark serve --data FOLDER`, set BACKMARK_DATA to FOLDER" in result.stderr


def test_a_token_that_is_not_there_cannot_be_revoked(store: Store) -> None:
    assert store.tokens.list() == []
    assert run("service", "token", "revoke", "nobody").exit_code == 2


@pytest.mark.parametrize(
    "command", [["service", "worker"], ["service", "sweeper"], ["service", "web"], ["service", "token", "list"]]
)
def test_a_wrong_setting_is_named(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKMARK_LEASE_SECONDS", "never")
    answer = run(*command)
    assert answer.exit_code == 3
    assert "BACKMARK_LEASE_SECONDS" in answer.stderr


@pytest.mark.parametrize("command", ["worker", "sweeper", "web", "token"])
def test_a_store_of_a_version_before_0_3_is_refused_in_a_sentence(store: Store, command: str) -> None:
    store.redis.set("bm:clock", "1764547200000000")
    words = ["create", "the portal", "--course", "nn", "--scope", "submit"] if command == "token" else []
    answer = run("service", command, *words)
    assert answer.exit_code == 2
    assert "0.2 is the last that reads it. Start this version with an empty Redis" in " ".join(answer.stderr.split())


def test_serve_refuses_a_folder_of_a_version_before_0_3(tmp_path: Path, redis_program: str) -> None:
    assert redis_program
    with (
        run_redis(tmp_path, maxmemory=64 << 20) as url,
        contextlib.closing(Store.connect(ServiceSettings(redis_url=SecretStr(url)))) as store,
    ):
        store.redis.set("bm:clock", "1764547200000000")
    answer = run("serve", "--data", str(tmp_path), "--bind", "127.0.0.1:0")
    assert answer.exit_code == 2
    assert "an empty folder for --data" in " ".join(answer.stderr.split())


def test_a_redis_that_is_away_is_our_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKMARK_REDIS_URL", "redis://127.0.0.1:1/0")
    answer = run("service", "token", "list")
    assert answer.exit_code == 3
    assert "Redis" in answer.stderr


@pytest.mark.parametrize("url", ["http://redis", "localhost:6379", "redis://redis:port/0", "redis://:pa/ss@redis/0"])
@pytest.mark.parametrize(
    "command", [("service", "worker"), ("service", "sweeper"), ("service", "web"), ("service", "token", "list")]
)
def test_an_address_that_is_no_redis_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], url: str
) -> None:
    monkeypatch.setenv("BACKMARK_REDIS_URL", url)
    answer = run(*command)
    assert answer.exit_code == 3
    assert answer.stderr.startswith("backmark: BACKMARK_REDIS_URL: this is not the address of a Redis: redis://")
    assert "pa/ss" not in answer.stderr


def test_a_socket_is_an_address_for_store_and_queue(tmp_path: Path) -> None:
    server = find_server()
    if server is None:
        pytest.skip("no Redis server on this machine")
    socket = tmp_path / "redis.sock"
    command = tie_to_parent([server, "--port", "0", "--save", "", "--dir", str(tmp_path), "--unixsocket", str(socket)])
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as redis:
        until(socket.exists, "Redis listens")
        settings = ServiceSettings(redis_url=SecretStr(f"unix://{socket}?db=1"))
        CeleryDispatcher(application(settings)).nudge()
        with contextlib.closing(Store.connect(settings)) as store:
            assert store.redis.llen("celery:backmark") == 1
        redis.terminate()


def test_the_command_line_imports_nothing_of_a_service() -> None:
    """A cold `backmark grade` pays for nothing but grading."""
    code = "import sys, backmark.worker.cli.main; print(*sorted(sys.modules))"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = {name.split(".")[0] for name in process.stdout.split()}
    assert not modules & {"celery", "kombu", "redis", "pydantic", "flask", "httpx", "numpy"}


def test_what_starts_a_jail_needs_no_numpy() -> None:
    """A cold `grade` starts its first jail, and then imports NumPy and the judge beside it."""
    code = "import sys, backmark.worker.grading.pool; print(*sorted(sys.modules))"
    process = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"numpy", "hypothesis", "backmark.grader.contracts.judging.judge"} & set(process.stdout.split())


def test_a_sweeper_needs_no_numpy() -> None:
    """Nor what judges: its container has neither."""
    code = (
        "import sys, backmark.worker.service.sweeper, backmark.worker.service.deliveries; print(*sorted(sys.modules))"
    )
    root = Path(__file__).parents[2]
    process = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert not {
        "numpy",
        "hypothesis",
        "backmark.grader.contracts.judging.judge",
        "backmark.grader.contracts.judging.revision",
    } & set(process.stdout.split())
