"""What the owner of a machine sets."""

import os
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import pytest

from backmark.grader.errors import ServiceError
from backmark.grader.settings import machine
from backmark.grader.settings.service import ServiceSettings


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("768mb", 768 << 20),
        ("2GB", 2 << 30),
        ("65536kb", 64 << 20),
        ("100m", 10**8),
        ("1g", 10**9),
        ("80000000", 8 * 10**7),
    ],
)
def test_memory_is_written_as_redis_writes_it(text: str, size: int) -> None:
    assert machine.parse_memory(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1gb", "0", "63mb", "1.5gb", "1tb", "1 g b"])
def test_a_memory_that_is_none_or_too_little_is_named(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"768mb|64mb"):
        machine.parse_memory(text)
    if text:
        monkeypatch.setenv("BACKMARK_REDIS_MAXMEMORY", text)
        with pytest.raises(ServiceError, match="BACKMARK_REDIS_MAXMEMORY"):
            machine.from_environment()


def test_networks_are_a_json_list_and_anything_else_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKMARK_CALLBACK_NETWORKS", '["10.1.0.0/16"]')
    assert ServiceSettings.load().callback_networks == (ip_network("10.1.0.0/16"),)
    for text in ("10.1.0.0/16", "[", "5"):
        monkeypatch.setenv("BACKMARK_CALLBACK_NETWORKS", text)
        with pytest.raises(ServiceError, match=r"^BACKMARK_CALLBACK_NETWORKS: "):
            ServiceSettings.load()


@pytest.mark.parametrize("url", ["redis://127.0.0.1:6380/1", "amqp://u:p%2Fw@rabbit:5672/backmark", "unix:///r.sock"])
def test_a_broker_is_an_address_that_celery_knows(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("BACKMARK_BROKER_URL", url)
    broker_url = ServiceSettings.load().broker_url
    assert broker_url is not None
    assert broker_url.get_secret_value() == url


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("rabbit", "this is not the address of a broker: amqp://"),
        ("http://rabbit:5672", "this is not the address of a broker: amqp://"),
        ("amqp://backmark:pa/ss@rabbit/backmark", "this is not the address of a broker: amqp://"),
        ("memory://", "this is not the address of a broker: amqp://"),
        (
            "mongodb://secret@host/backmark",
            r"a Python library for mongodb is missing beside Backmark: install",
        ),
    ],
)
def test_an_address_that_is_no_broker_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, url: str, sentence: str
) -> None:
    monkeypatch.setenv("BACKMARK_BROKER_URL", url)
    with pytest.raises(ServiceError, match=f"^BACKMARK_BROKER_URL: {sentence}") as refused:
        ServiceSettings.load()
    assert "pa/ss" not in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of a service that runs, as the environment names it; no server is named."""
    for name in ("BACKMARK_URL", "BACKMARK_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BACKMARK_DATA", str(tmp_path))
    (tmp_path / "environment").write_text("BACKMARK_URL=http://127.0.0.1:8001\nBACKMARK_TOKEN='its own'\n")
    (tmp_path / "serve.lock").write_text(f"{os.getpid()}\n")
    return tmp_path


def test_a_command_talks_to_the_service_of_this_machine(served: Path) -> None:
    server = machine.find_server(machine.from_environment())
    assert (server.url, server.token) == ("http://127.0.0.1:8001", "its own")
    (served / "environment").unlink()
    server = machine.find_server(machine.from_environment())
    assert (server.url, server.token) == (machine.DEFAULT_URL, None)


def test_the_files_of_a_service_that_was_killed_are_not_believed(served: Path) -> None:
    """Anybody may listen at its address now, and would be shown its token."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    for pid in (str(process.pid), "", "nobody"):
        (served / "serve.lock").write_text(pid)
        assert machine.find_server(machine.from_environment()).token is None


@pytest.mark.usefixtures("served")
def test_a_server_that_is_named_is_not_given_the_token_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKMARK_URL", "https://backmark.example")
    assert machine.find_server(machine.from_environment()).token is None
    monkeypatch.setenv("BACKMARK_TOKEN", "mine")
    server = machine.find_server(machine.from_environment())
    assert (server.url, server.token) == ("https://backmark.example", "mine")
    monkeypatch.delenv("BACKMARK_URL")
    server = machine.find_server(machine.from_environment())
    assert (server.url, server.token) == ("http://127.0.0.1:8001", "mine")
