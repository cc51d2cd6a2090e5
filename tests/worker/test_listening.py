"""Addresses as people write them, and ports that others have."""

import socket

import pytest

from backmark.grader.errors import ServiceError
from backmark.worker.serve.listening import USUAL, Address, listen


@pytest.mark.parametrize(
    ("text", "address", "url"),
    [
        ("127.0.0.1:8000", Address("127.0.0.1", 8000), "http://127.0.0.1:8000"),
        ("8000", Address("127.0.0.1", 8000), "http://127.0.0.1:8000"),
        ("grader.example:80", Address("grader.example", 80), "http://grader.example:80"),
        ("0.0.0.0:8000", Address("0.0.0.0", 8000), "http://127.0.0.1:8000"),  # noqa: S104 - not bound
        ("[::1]:8000", Address("::1", 8000), "http://[::1]:8000"),
        ("[::]:8000", Address("::", 8000), "http://[::1]:8000"),
    ],
)
def test_an_address_is_read_and_found_from_this_machine(text: str, address: Address, url: str) -> None:
    assert Address.parse(text) == address
    assert address.url == url


@pytest.mark.parametrize("text", ["", "localhost", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:65536", "::1:-1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        Address.parse(text)


def test_a_named_port_that_is_taken_is_an_error() -> None:
    with socket.socket() as other_socket:
        other_socket.bind(("127.0.0.1", 0))
        other_socket.listen()
        port = other_socket.getsockname()[1]
        with pytest.raises(ServiceError, match=f"port {port} of 127.0.0.1 is taken"):
            listen(Address("127.0.0.1", port))


def test_without_a_name_the_next_free_port_is_taken() -> None:
    first, second_listener = listen(None)
    with first:
        second, third_listener = listen(None)
        second.close()
    assert USUAL.port <= second_listener.port < third_listener.port


def test_a_host_that_is_not_ours_is_an_error() -> None:
    with pytest.raises(ServiceError, match=r"192\.0\.2\.1:0 cannot be listened on"):
        listen(Address("192.0.2.1", 0))


def test_port_zero_stands_for_any() -> None:
    listener, address = listen(Address("127.0.0.1", 0))
    with listener:
        assert address.port == listener.getsockname()[1] > 0
