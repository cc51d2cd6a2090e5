"""The embedded Redis: what it keeps, whom it lets in, and that a folder has one at a time."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from backmark.grader.errors import StoreUnavailable
from backmark.worker.serve import embedded
from backmark.worker.serve.embedded import EmbeddedRedis, lasting_port
from tests.service.parts import ROOT, are_gone, until

pytestmark = pytest.mark.usefixtures("redis_program")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    embedded_redis = EmbeddedRedis(tmp_path / "a folder with 'quotes\"", password="ab12")  # noqa: S106 - for a minute
    embedded_redis.start()
    yield embedded_redis
    embedded_redis.kill()


def client(server: EmbeddedRedis) -> "redis.Redis":
    return redis.Redis.from_url(server.url)


def test_what_was_written_is_there_after_a_power_cut(server: EmbeddedRedis) -> None:
    with client(server) as before:
        before.set("key", "value")
    server.kill()
    server.start()
    with client(server) as after:
        assert after.get("key") == b"value"


def test_it_lets_nobody_in_without_the_password(server: EmbeddedRedis) -> None:
    with redis.Redis(port=server.port) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.get("key")


def test_another_on_its_folder_waits_until_it_has_ended(server: EmbeddedRedis) -> None:
    with client(server) as before:
        before.set("key", "value")
    heir = EmbeddedRedis(server.folder)
    timer = threading.Timer(0.3, server.stop)
    timer.start()
    heir.start()
    timer.join()
    try:
        with client(heir) as after:
            assert after.get("key") == b"value"
    finally:
        heir.stop()


def test_another_on_its_folder_is_refused_while_it_lives(
    server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_HANDOVER", 0.2)
    with pytest.raises(StoreUnavailable, match="another Redis server is still running"):
        EmbeddedRedis(server.folder).start()


def test_a_port_that_another_has_is_an_error_and_not_mistaken_for_its_own(
    server: EmbeddedRedis, tmp_path: Path
) -> None:
    with pytest.raises(StoreUnavailable, match="did not start"):
        EmbeddedRedis(tmp_path / "other", port=server.port, password="ab12").start()  # noqa: S106 - the same one


def test_the_server_that_wrote_a_folder_opens_it_again(server: EmbeddedRedis, tmp_path: Path) -> None:
    server.stop()
    socket_folder = (server.folder / "server").read_text(encoding="utf-8")
    link = tmp_path / "the-same"
    link.symlink_to(socket_folder)
    (server.folder / "server").write_text(str(link), encoding="utf-8")
    server.start()
    assert (server.folder / "server").read_text(encoding="utf-8") == str(link)


def test_a_lasting_port_is_never_an_outgoing_connection_s() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    assert lasting_port() < first


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own tether is Linux's")
def test_it_ends_when_whoever_started_it_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from backmark.worker.serve.embedded import EmbeddedRedis\n"
        "server = EmbeddedRedis(Path(sys.argv[1])); server.start(); print(server.pid, flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        assert not are_gone({pid})
        starter.kill()
        until(lambda: are_gone({pid}), "the server ends")
