"""Too much, or not as HTTP has it: refused before it is read, or while it is, by a real web server."""

import json
import socket
from collections.abc import Iterator

import pytest

from backmark.grader.model.records import Scope
from backmark.grader.store.store import Store
from backmark.worker.serve.embedded import EmbeddedRedis
from tests.web.serving import serve_web

#: What the server is set to, in bytes.
MOST = 4096


@pytest.fixture(scope="module")
def port(redis_server: EmbeddedRedis) -> Iterator[int]:
    """Of a real web server."""
    with serve_web(redis_server.url, BACKMARK_MAX_BYTES=str(MOST)) as port:
        yield port


@pytest.fixture
def connection(port: int, store: Store) -> Iterator[tuple[socket.socket, bytes]]:
    """A connection to the web server, and the head of a submission that says nothing of its length."""
    secret = store.tokens.create("test", "course", {Scope.SUBMIT})[1]
    head = (
        f"POST /api/v1/submissions HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {secret}\r\n"
        "Content-Type: application/json\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=60) as link:
        yield link, head.encode()


def receive(link: socket.socket) -> tuple[str, dict[str, object]]:
    """The head and the JSON that come."""
    data = b""
    while not data.endswith(b"}"):
        part = link.recv(4096)
        assert part, data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    record: dict[str, object] = json.loads(body)
    return head.decode(), record


def receive_problem(link: socket.socket) -> dict[str, object]:
    """The problem that comes."""
    return receive(link)[1]


def test_a_length_that_is_too_large_is_refused_before_anything_is_sent(connection: tuple[socket.socket, bytes]) -> None:
    link, head = connection
    link.sendall(head + b"Content-Length: 99999999\r\n\r\n")
    assert receive_problem(link)["type"] == "/problems/too-large"


def test_a_body_without_a_length_is_refused_once_it_is_too_large(connection: tuple[socket.socket, bytes]) -> None:
    link, head = connection
    link.sendall(
        head + b"Transfer-Encoding: chunked\r\n\r\n" + b"1000\r\n" + b" " * 4096 + b"\r\n" + b"10\r\n" + b" " * 16
    )
    assert receive_problem(link)["type"] == "/problems/too-large"


def test_a_form_without_a_length_is_refused_once_it_is_too_large(connection: tuple[socket.socket, bytes]) -> None:
    link, head = connection
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.py"\r\n\r\n' + b" " * 4096
    form = head.replace(b"application/json", b"multipart/form-data; boundary=x")
    link.sendall(form + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n10\r\n" % (len(part), part))
    assert receive_problem(link)["type"] == "/problems/too-large"


def test_a_body_without_a_length_is_accepted_while_it_is_not(connection: tuple[socket.socket, bytes]) -> None:
    link, head = connection
    body = json.dumps({"assignment": "udl-7.2", "student": "ada", "filename": "a.py", "source": "x"}).encode()
    link.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
    assert receive_problem(link)["state"] == "queued"


@pytest.mark.parametrize("body", [b"XYZ\r\n", b"-1\r\n", b"2\r\n{}}}\r\n", b"2\r\n{}", b"7f\r\n{"])
def test_chunks_that_are_none_or_break_off_are_the_senders_fault(
    connection: tuple[socket.socket, bytes], body: bytes
) -> None:
    link, head = connection
    link.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n" + body)
    link.shutdown(socket.SHUT_WR)
    assert receive_problem(link)["type"] == "/problems/malformed"


def test_a_refusal_of_a_body_that_nobody_reads_says_that_the_connection_ends(
    connection: tuple[socket.socket, bytes],
) -> None:
    link, head = connection
    link.sendall(head + b"Content-Length: 99999999\r\n\r\nx")
    answer, problem = receive(link)
    assert problem["type"] == "/problems/too-large"
    assert "Connection: close" in answer
    assert link.recv(1) == b""


def test_after_a_refusal_whose_body_is_there_the_connection_takes_the_next_request(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as link:
        for _ in range(2):
            link.sendall(b"POST /api/v1/submissions HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n\r\n12345")
            answer, problem = receive(link)
            assert problem["type"] == "/problems/unauthenticated"
            assert "Connection: keep-alive" in answer


def test_a_body_that_ends_before_its_length_is_refused_even_if_it_can_be_read(
    connection: tuple[socket.socket, bytes],
) -> None:
    link, head = connection
    body = json.dumps({"assignment": "udl-7.2", "student": "cut", "filename": "a.py", "source": "x"}).encode()
    link.sendall(head + b"Content-Length: %d\r\n\r\n" % (len(body) + 1) + body)
    link.shutdown(socket.SHUT_WR)
    assert receive_problem(link)["type"] == "/problems/malformed"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"NOT HTTP\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: here\r\nBad Name: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: none\r\n\r\n", 400),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: here\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: here\r\nLong: " + b"x" * 9000 + b"\r\n\r\n", 431),
    ],
)
def test_what_is_no_request_is_a_problem_too(port: int, request_: bytes, status: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as link:
        link.sendall(request_)
        answer, problem = receive(link)
        assert "Content-Type: application/problem+json" in answer
        assert "Connection: close" in answer
        assert problem["status"] == status
        assert problem["type"] == ("/problems/malformed" if status == 400 else "about:blank")
        assert link.recv(1) == b""
