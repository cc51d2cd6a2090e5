"""Who sends nothing, or little by little, or does not hang up, keeps nobody else waiting."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import httpx
import pytest

from grader.web.workers import HEAD_SECONDS
from tests.web.serving import serving
from worker.serving.embedded import EmbeddedRedis

#: More than the server has threads.
MANY = 40
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: here\r\n"


@pytest.fixture
def port(redis_server: EmbeddedRedis) -> Iterator[int]:
    """Of a web server."""
    with serving(redis_server.url) as port:
        yield port


@pytest.fixture
def connect(port: int) -> Iterator[Callable[[bytes], list[socket.socket]]]:
    """Makes many connections that say so much, and stay open until the end."""
    with ExitStack() as stack:

        def connect(said: bytes) -> list[socket.socket]:
            found = [
                stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30)) for _ in range(MANY)
            ]
            for each in found:
                each.sendall(said)
            return found

        yield connect


def well(port: int) -> bool:
    """Whether a healthy client is answered within a second or two."""
    return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2).is_success


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"", id="silent"),
        pytest.param(HEALTH + b"X-Never-Ends: ", id="headers"),
        pytest.param(HEALTH + b"Connection: close\r\n\r\n", id="answered"),
    ],
)
def test_who_does_not_go_on_takes_no_thread(
    port: int, connect: Callable[[bytes], list[socket.socket]], said: bytes
) -> None:
    connections = connect(said)
    for _ in range(5):
        for each in connections:
            with suppress(OSError):
                each.sendall(b"x")
        assert well(port)


def test_a_body_that_never_ends_and_that_nobody_wanted_is_not_waited_for(
    port: int, connect: Callable[[bytes], list[socket.socket]]
) -> None:
    connect(b"POST /api/v1/submissions HTTP/1.1\r\nHost: here\r\nContent-Length: 9999999\r\n\r\nx")
    time.sleep(MANY / 8)
    assert well(port)


def test_who_takes_too_long_for_the_headers_is_hung_up_on(connect: Callable[[bytes], list[socket.socket]]) -> None:
    began = time.monotonic()
    for each in connect(HEALTH):
        with suppress(ConnectionResetError):
            assert each.recv(1) == b""
    assert HEAD_SECONDS <= time.monotonic() - began < 4 * HEAD_SECONDS


def test_who_hangs_up_in_the_midst_is_no_work(port: int, connect: Callable[[bytes], list[socket.socket]]) -> None:
    for each in connect(HEALTH):
        each.shutdown(socket.SHUT_WR)
        assert each.recv(1) == b""
    assert well(port)


@pytest.mark.parametrize("header", [{"PATH_INFO": "/metrics"}, {"SCRIPT_NAME": "/healthz"}, {"Script-Name": "/x"}])
def test_a_header_says_nothing_about_the_path(port: int, header: dict[str, str]) -> None:
    assert httpx.get(f"http://127.0.0.1:{port}/healthz", headers=header).json() == {"ok": True}


def test_headers_and_the_next_request_may_come_in_parts(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for _ in range(2):
            for part in (HEALTH[:10], HEALTH[10:] + b"\r", b"\n"):
                connection.sendall(part)
                time.sleep(0.1)
            answer = b""
            while not answer.endswith(b'{"ok":true}'):
                answer += (more := connection.recv(4096))
                assert more
