"""A POST to a checked address: no redirects, no proxies, and nothing of the answer but its status.

It uses httpcore, the layer below httpx, because there the address of the connection can differ from the name in Host
that TLS verifies, and because it does nothing automatically.
"""

import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import httpcore

from grader.addresses import Address, Destination
from grader.errors import BackmarkError

#: Seconds for connecting, over all addresses together, and for the whole post.
CONNECT_SECONDS, TOTAL_SECONDS = 5.0, 15.0
#: Bytes of an answer that are read so that the receiver can finish cleanly, and the seconds for that.
_DRAIN_BYTES, _DRAIN_SECONDS = 4096, 1.0

_TROUBLES = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)


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
    deadline = _Deadline(seconds)
    url = httpcore.URL(
        scheme=destination.scheme, host=_url_host(destination.host), port=destination.port, target=destination.target
    )
    headers = [*message.headers.items(), ("Connection", "close")]
    timeout = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
    backend = _CheckedBackend(addresses, deadline)
    try:
        with (
            httpcore.ConnectionPool(ssl_context=context, network_backend=backend, max_connections=1) as pool,
            pool.stream(
                "POST", url, headers=headers, content=message.body, extensions={"timeout": timeout}
            ) as response,
        ):
            _drain(response, deadline)
            return ReceiverAnswer(response.status, _retry_after(response.headers))
    except httpcore.TimeoutException:
        raise NoAnswer(f"no answer within {seconds:g} s") from None
    except _TROUBLES as error:
        raise NoAnswer(str(error) or "the connection was closed without an answer") from None


class _Deadline:
    """The deadline of a post, however slowly the receiver sends."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def shorten(self, seconds: float) -> None:
        """Move the deadline to at most `seconds` from now."""
        self._end = min(self._end, time.monotonic() + seconds)

    def remaining(self, most: float | None) -> float:
        """Return the seconds that the next step may take. Raises ReadTimeout if none are left."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout
        return seconds if most is None else min(seconds, most)


class _CheckedBackend(httpcore.NetworkBackend):
    """A backend that connects only to the checked addresses, whatever the host resolves to now."""

    def __init__(self, addresses: Sequence[Address], deadline: _Deadline) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - it was resolved, and checked, before
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - ours is shorter
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that accepts."""
        connecting = _Deadline(CONNECT_SECONDS)
        trouble: Exception = httpcore.ConnectError("the host has no address")
        for address in self._addresses:
            try:
                seconds = self._deadline.remaining(connecting.remaining(None))
                stream = self._plain.connect_tcp(str(address), port, seconds, local_address, socket_options)
            except _TROUBLES as error:
                trouble = error
            else:
                return _DeadlineStream(stream, self._deadline)
        raise trouble


class _DeadlineStream(httpcore.NetworkStream):
    """A stream that enforces the deadline on every step."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Receive up to `max_bytes` bytes."""
        return self._stream.read(max_bytes, self._deadline.remaining(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all bytes."""
        self._stream.write(buffer, self._deadline.remaining(timeout))

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Return the stream with TLS; the peer must have a certificate for the name."""
        name = server_hostname.strip("[]") if server_hostname else None
        return _DeadlineStream(
            self._stream.start_tls(ssl_context, name, self._deadline.remaining(timeout)), self._deadline
        )

    def get_extra_info(self, info: str) -> object:
        """Return information about the stream for httpcore."""
        return self._stream.get_extra_info(info)


def _drain(response: httpcore.Response, deadline: _Deadline) -> None:
    """Read a short answer to its end. Its status is known already, so errors are ignored."""
    deadline.shorten(_DRAIN_SECONDS)
    received = 0
    try:
        for portion in response.iter_stream():
            received += len(portion)
            if received >= _DRAIN_BYTES:
                return
    except _TROUBLES:
        return


def _retry_after(headers: Sequence[tuple[bytes, bytes]]) -> float | None:
    """Return the seconds of Retry-After; a date, which is rare, is ignored."""
    for name, value in headers:
        if name.lower() == b"retry-after" and value.isdigit():
            return float(value[:9])
    return None


def _url_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
