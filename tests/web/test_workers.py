"""Clients that send nothing, or slowly, or do not hang up, keep no other client waiting."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress

import httpx
import pytest
from pydantic import SecretStr

from backmark.grader.model.records import Scope
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from backmark.grader.web.http.bodies import BUFFERED_BYTES
from backmark.grader.web.http.gunicorn_worker import HEAD_SECONDS, ROOM, STALL_SECONDS
from backmark.worker.serve.embedded import EmbeddedRedis
from tests.web.serving import serve_web

#: Of the server; and more than that.
THREADS, MANY = 8, 40
#: Bytes of an answer that no buffer holds.
LONG = 8 << 20
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: here\r\n"
#: Its body is read, whoever sends it.
SIGN_IN = (
    b"POST /sign-in HTTP/1.1\r\nHost: here\r\nAccept: application/json\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n"
)

Connect = Callable[..., list[socket.socket]]


@pytest.fixture(scope="module")
def port(redis_server: EmbeddedRedis) -> Iterator[int]:
    """Of a web server."""
    with serve_web(redis_server.url, BACKMARK_SECRET="kept" * 10) as port:
        yield port


@pytest.fixture
def upload(redis_server: EmbeddedRedis) -> bytes:
    """The head of a submission, but for the length of its body."""
    with closing(Store.connect(ServiceSettings(redis_url=SecretStr(redis_server.url)))) as store:
        secret = store.tokens.create("portal", "course", {Scope.SUBMIT})[1]
    return (
        b"POST /api/v1/submissions HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
        b"Authorization: Bearer %s\r\n" % secret.encode()
    )


@pytest.fixture
def connect(port: int) -> Iterator[Connect]:
    """Makes many connections that say so much, and stay open until the end."""
    with ExitStack() as stack:

        def connect(request_bytes: bytes, count: int = MANY) -> list[socket.socket]:
            connections = [
                stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30)) for _ in range(count)
            ]
            for connection in connections:
                connection.sendall(request_bytes)
            return connections

        yield connect


def well(port: int) -> bool:
    """Return True if a healthy client is answered long before the others would be disconnected one by one."""
    return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=4 * HEAD_SECONDS).is_success


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(b"", id="silent"),
        pytest.param(HEALTH + b"X-Never-Ends: ", id="headers"),
        pytest.param(HEALTH + b"Connection: close\r\n\r\n", id="answered"),
        pytest.param(SIGN_IN + b"Content-Length: 5000\r\n\r\n", id="body"),
        pytest.param(SIGN_IN + b"Content-Length: 00000000000000001048576\r\n\r\n", id="large-enough-body"),
        pytest.param(SIGN_IN + b"Content-Length: 5000000\r\n\r\n", id="large-body"),
        pytest.param(SIGN_IN + b"Content-Length: 5000\r\nExpect: 100-continue\r\n\r\n", id="expected-body"),
        pytest.param(SIGN_IN + b"Transfer-Encoding: chunked\r\n\r\n5\r\n", id="chunks"),
        pytest.param(HEALTH + b"\r\n" + SIGN_IN + b"Content-Length: 5000\r\n\r\n", id="sent-ahead"),
    ],
)
def test_who_does_not_go_on_takes_no_thread(port: int, connect: Connect, request_bytes: bytes) -> None:
    connections = connect(request_bytes)
    for _ in range(5):
        for connection in connections:
            with suppress(OSError):
                connection.sendall(b"x")
        assert well(port)


def test_a_body_that_never_ends_and_that_nobody_wanted_is_not_waited_for(port: int, connect: Connect) -> None:
    connect(b"POST /api/v1/submissions HTTP/1.1\r\nHost: here\r\nContent-Length: 9999999\r\n\r\nx")
    assert well(port)


def test_who_takes_too_long_for_the_headers_is_hung_up_on(connect: Connect) -> None:
    start = time.monotonic()
    for connection in connect(HEALTH):
        with suppress(ConnectionResetError):
            assert connection.recv(1) == b""
    assert HEAD_SECONDS <= time.monotonic() - start < 4 * HEAD_SECONDS


def test_who_hangs_up_in_the_midst_is_no_work(port: int, connect: Connect) -> None:
    for connection in connect(HEALTH):
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    assert well(port)


@pytest.mark.parametrize("header", [{"PATH_INFO": "/metrics"}, {"SCRIPT_NAME": "/healthz"}, {"Script-Name": "/x"}])
def test_a_header_says_nothing_about_the_path(port: int, header: dict[str, str]) -> None:
    assert httpx.get(f"http://127.0.0.1:{port}/healthz", headers=header).json() == {"ok": True}


def test_headers_and_the_next_request_may_come_in_parts(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for _ in range(2):
            for part in (HEALTH[:10], HEALTH[10:] + b"\r", b"\n"):
                connection.sendall(part)
                # So that the server receives each by itself: nothing shows from outside that it has.
                time.sleep(0.1)
            answer = b""
            while not answer.endswith(b'{"ok":true}'):
                answer += (chunk := connection.recv(4096))
                assert chunk


def answer(connection: socket.socket) -> bytes:
    """Return everything received up to the end."""
    data = b""
    while chunk := connection.recv(65536):
        data += chunk
    return data


def submission(size: int) -> bytes:
    """The body of a submission of that size."""
    begin, end = b'{"assignment":"udl-7.2","student":"ada","filename":"a.py","source":"', b'"}'
    return begin + b"#" * (size - len(begin) - len(end)) + end


@pytest.mark.parametrize("size", [100, 70_000, 1 << 20, 3 << 20])
def test_a_body_may_come_in_parts(port: int, upload: bytes, size: int) -> None:
    """Small bodies are buffered before a thread reads them, large ones are not."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(upload + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % size)
        body, part = submission(size), size // 5
        for start in range(0, 4 * part, part):
            connection.sendall(body[start : start + part])
            # So that the server receives each by itself: nothing shows from outside that it has.
            time.sleep(0.1)
        connection.sendall(body[4 * part :])
        assert b'"state":"queued"' in answer(connection)


def test_a_body_that_comes_too_slowly_is_hung_up_on(connect: Connect) -> None:
    for connection in connect(SIGN_IN + b"Content-Length: 5000\r\n\r\nx"):
        with suppress(ConnectionResetError):
            assert connection.recv(1) == b""


def test_who_takes_nothing_of_a_long_answer_is_hung_up_on(
    port: int, redis_server: EmbeddedRedis, connect: Connect
) -> None:
    with closing(Store.connect(ServiceSettings(redis_url=SecretStr(redis_server.url)))) as store:
        secret = store.tokens.create("staff", "course", {Scope.STAFF})[1]
        name = store.submissions.accept(NewSubmission("course", "udl-7.2", "0", "ada", "a.py", os.urandom(LONG))).id
    request = f"GET /api/v1/submissions/{name}/source HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {secret}\r\n\r\n"
    connect(request.encode(), THREADS)
    assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=10 * STALL_SECONDS).is_success


def test_what_is_awaited_takes_only_so_much_room(port: int, connect: Connect) -> None:
    """Of those who never come to an end the first have to go."""
    connections = connect(SIGN_IN + b"Content-Length: %d\r\n\r\n" % BUFFERED_BYTES, 2 * ROOM // BUFFERED_BYTES)
    for connection in connections:
        with suppress(OSError):
            connection.sendall(b"x" * (BUFFERED_BYTES - 1))
    with suppress(ConnectionResetError):
        assert connections[0].recv(1) == b""
    connections[-1].sendall(b"x")
    assert connections[-1].recv(8) == b"HTTP/1.1"
    assert well(port)


@pytest.mark.parametrize("length", [b"9" * 6000, b"0" * 6000 + b"1", b"1, 1", b"-1", b"1_0", b"\xb2"])
def test_a_length_that_is_none_ends_no_process(port: int, length: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(SIGN_IN + b"Connection: close\r\nContent-Length: " + length + b"\r\n\r\nx")
        assert answer(connection).split()[1][:1] == b"4"
    assert well(port)


def test_of_large_bodies_that_are_on_their_way_few_are_read_and_others_told_when_to_come(
    port: int, upload: bytes, connect: Connect
) -> None:
    connect(upload + b"Content-Length: 5000000\r\n\r\nx")
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(upload + b"Connection: close\r\nContent-Length: 5000000\r\n\r\nx")
        response = answer(connection)
    assert b" 503 " in response
    assert b"/problems/busy" in response
    assert b"Retry-After: " in response


@pytest.mark.parametrize(
    "framing",
    [
        pytest.param(b"Content-Length: 5000000\r\n\r\nx", id="large"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n5\r\nx", id="chunks"),
        pytest.param(b"Content-Length: 5000\r\nExpect: 100-continue\r\n\r\nx", id="expected"),
    ],
)
def test_strangers_who_send_slowly_keep_no_large_submission_out(
    port: int, upload: bytes, connect: Connect, framing: bytes
) -> None:
    """Only who has a token or a link may send a body that a thread has to wait for."""
    connect(SIGN_IN + framing, 12)
    # So that the server has begun to wait for theirs: nothing shows from outside that it has.
    time.sleep(0.5)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        body = submission(3 << 20)
        connection.sendall(upload + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert b'"state":"queued"' in answer(connection)
