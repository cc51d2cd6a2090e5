"""One post, to receivers that are slow, broken or somebody else."""

import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from threading import Event, Thread

import pytest

from backmark.grader.outbound.addresses import Address, Destination
from backmark.worker.service.posts import Message, NoAnswer, ReceiverAnswer, post
from tests.services import require_program
from tests.worker.receivers import PATIENCE, Receiver, Reply, run_receiver

HOME = IPv4Address("127.0.0.1")
MESSAGE = Message({"X-Test": "1"}, b"hello")
PLAIN = ssl.create_default_context()


def send(port: int, seconds: float = 5.0, address: Address = HOME, host: str = "portal.example") -> ReceiverAnswer:
    return post(Destination("http", host, port, "/hook"), [address], MESSAGE, PLAIN, seconds)


@contextmanager
def serve_bytes(first: bytes, later_bytes: bytes = b"", pause: float = 0.02) -> Iterator[int]:
    """The port of a server that says `first`, then `later_bytes` byte by byte for as long as anybody listens."""
    over = Event()

    def serve(server_socket: socket.socket) -> None:
        with server_socket.accept()[0] as connection:
            connection.settimeout(PATIENCE)
            connection.recv(65536)
            try:
                connection.sendall(first)
                while later_bytes and not over.is_set():
                    connection.sendall(later_bytes)
                    over.wait(pause)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        over.set()
        thread.join()


def test_the_receiver_gets_the_name_the_path_and_the_body() -> None:
    with run_receiver() as receiver:
        receiver.answer = lambda _: Reply(201, {"Retry-After": "7"}, b"thanks")
        assert send(receiver.port) == ReceiverAnswer(201, 7.0)
        (request,) = receiver.got
    assert (request.path, request.body) == ("/hook", b"hello")
    assert request.headers == {
        "host": f"portal.example:{receiver.port}",
        "x-test": "1",
        "connection": "close",
        "content-length": "5",
    }


def test_an_ipv6_address_can_be_the_host() -> None:
    if not _ipv6():
        pytest.skip("no IPv6 on this machine's loopback interface")
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        thread = Thread(target=_answer_once, args=(listener,), daemon=True)
        thread.start()
        assert send(listener.getsockname()[1], address=IPv6Address("::1"), host="::1").status == 204
        thread.join()


def _ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def _answer_once(listener: socket.socket) -> None:
    with listener.accept()[0] as connection:
        assert b"Host: [::1]:" in connection.recv(65536)
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


@pytest.mark.parametrize(
    ("first", "later_bytes"),
    [(b"", b""), (b"HTTP/1.1 200 OK\r\n", b"X"), (b"", b"\n"), (b"HTTP/1.1 100 Continue\r\n\r\n", b"H")],
)
def test_it_is_over_in_time_however_little_by_little_the_receiver_sends(first: bytes, later_bytes: bytes) -> None:
    start = time.monotonic()
    with serve_bytes(first, later_bytes) as port, pytest.raises(NoAnswer):
        send(port, seconds=0.5)
    assert time.monotonic() - start < PATIENCE


def test_a_hanging_receiver_is_said_to_be_too_slow() -> None:
    with run_receiver() as receiver:
        receiver.let_go.clear()
        with pytest.raises(NoAnswer, match=r"no answer within 0\.3 s"):
            send(receiver.port, seconds=0.3)


def test_of_an_endless_body_only_the_beginning_is_read() -> None:
    start = time.monotonic()
    with serve_bytes(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1000, pause=0) as port:
        assert send(port).status == 200
    with serve_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", b"x", pause=0.2) as port:
        assert send(port).status == 200
    # The second body would take 20 s to come.
    assert time.monotonic() - start < 15


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"220 mail.example ESMTP\r\n",
        b"-ERR unknown command\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"\x00" * 1000,
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 500_000,
    ],
)
def test_what_is_no_answer_in_http_is_a_failure(answer: bytes) -> None:
    with serve_bytes(answer) as port, pytest.raises(NoAnswer) as error:
        send(port)
    assert str(error.value)


def test_a_body_that_breaks_off_changes_nothing_about_the_status() -> None:
    with serve_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx") as port:
        assert send(port).status == 200


@pytest.mark.parametrize("value", ["", "soon", "-1", "Wed, 21 Oct 2026 07:28:00 GMT", "1e9"])
def test_a_retry_after_that_is_no_number_of_seconds_is_passed_over(value: str) -> None:
    with run_receiver() as receiver:
        receiver.answer = lambda _: Reply(503, {"Retry-After": value})
        assert send(receiver.port) == ReceiverAnswer(503, None)


def test_nobody_there_is_a_failure_that_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy_socket:
        port = busy_socket.getsockname()[1]
    with pytest.raises(NoAnswer, match="refused"):
        send(port)


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A folder with the key and certificate of portal.example, signed by nobody else."""
    openssl = require_program("openssl")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem")
    name = ("-subj", "/CN=portal.example", "-addext", "subjectAltName=DNS:portal.example")
    subprocess.run(
        [openssl, "req", "-x509", "-days", "2", *key, *name, "-out", "certificate.pem"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    return tmp_path


@pytest.fixture
def secure(authority: Path) -> Iterator[Receiver]:
    """A receiver that shows that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "certificate.pem", authority / "key.pem")
    with run_receiver(context=context) as receiver:
        yield receiver


def trust_authority(authority: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority / "certificate.pem"))


def test_tls_verifies_the_name_though_the_connection_is_to_an_address(secure: Receiver, authority: Path) -> None:
    destination = Destination("https", "portal.example", secure.port, "/hook")
    assert post(destination, [HOME], MESSAGE, trust_authority(authority)).status == 204
    assert secure.got[0].headers["host"] == f"portal.example:{secure.port}"


@pytest.mark.parametrize("host", ["other.example", "127.0.0.1"])
def test_a_certificate_for_another_name_is_refused_before_anything_is_sent(
    secure: Receiver, authority: Path, host: str
) -> None:
    with pytest.raises(NoAnswer, match="CERTIFICATE_VERIFY_FAILED"):
        post(Destination("https", host, secure.port, "/hook"), [HOME], MESSAGE, trust_authority(authority))
    assert secure.got == []


def test_a_certificate_that_nobody_vouches_for_is_refused(secure: Receiver) -> None:
    with pytest.raises(NoAnswer, match="CERTIFICATE_VERIFY_FAILED"):
        post(Destination("https", "portal.example", secure.port, "/hook"), [HOME], MESSAGE, PLAIN)
    assert secure.got == []
