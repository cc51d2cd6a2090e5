"""A POST to a checked address: no redirects, no proxies, and nothing of the answer but its status."""

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpcore

from backmark.grader.errors import BackmarkError
from backmark.grader.outbound.addresses import Address, Destination
from backmark.grader.outbound.connections import TROUBLES, CheckedBackend, Deadline, to_url

#: Seconds for the whole post.
TOTAL_SECONDS = 15.0
#: Bytes of an answer that are read so that the receiver can finish cleanly, and the seconds for that.
_DRAIN_BYTES, _DRAIN_SECONDS = 4096, 1.0


class NoAnswer(BackmarkError):
    """The receiver did not answer in time or with valid HTTP, or its certificate is not valid for its name."""


@dataclass(frozen=True, slots=True)
class Message:
    """The headers and body of a post."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class ReceiverAnswer:
    """The receiver's answer."""

    status: int
    #: Seconds that the receiver asks to wait.
    retry_after: float | None = None


def post(
    destination: Destination,
    addresses: Sequence[Address],
    message: Message,
    context: ssl.SSLContext,
    seconds: float = TOTAL_SECONDS,
) -> ReceiverAnswer:
    """Post to the first address that accepts a connection. Raises NoAnswer if that fails."""
    deadline = Deadline(seconds)
    headers = [*message.headers.items(), ("Connection", "close")]
    timeout = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
    backend = CheckedBackend(addresses, deadline)
    try:
        with (
            httpcore.ConnectionPool(ssl_context=context, network_backend=backend, max_connections=1) as pool,
            pool.stream(
                "POST", to_url(destination), headers=headers, content=message.body, extensions={"timeout": timeout}
            ) as response,
        ):
            _drain(response, deadline)
            return ReceiverAnswer(response.status, _retry_after(response.headers))
    except httpcore.TimeoutException:
        raise NoAnswer(f"no answer within {seconds:g} s") from None
    except TROUBLES as error:
        raise NoAnswer(str(error) or "the connection was closed without an answer") from None


def _drain(response: httpcore.Response, deadline: Deadline) -> None:
    """Read a short answer to its end. Its status is known already, so errors are ignored."""
    deadline.shorten(_DRAIN_SECONDS)
    received = 0
    try:
        for portion in response.iter_stream():
            received += len(portion)
            if received >= _DRAIN_BYTES:
                return
    except TROUBLES:
        return


def _retry_after(headers: Sequence[tuple[bytes, bytes]]) -> float | None:
    """Return the seconds of Retry-After; a date, which is rare, is ignored."""
    for name, value in headers:
        if name.lower() == b"retry-after" and value.isdigit():
            return float(value[:9])
    return None
