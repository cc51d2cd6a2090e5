"""Connections to checked addresses, within a deadline.

They are httpcore's, the layer below httpx, because there the address of a connection can differ from the name in Host
that TLS verifies, and because it does nothing automatically: no redirects, no proxies.
"""

import ssl
import time
from collections.abc import Iterable, Sequence

import httpcore

from backmark.grader.outbound.addresses import Address, Destination

#: Seconds for connecting, over all addresses together.
CONNECT_SECONDS = 5.0

TROUBLES = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)


class Deadline:
    """The deadline of an exchange, however slowly the other side sends."""

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


class CheckedBackend(httpcore.NetworkBackend):
    """A backend that connects only to the checked addresses, whatever the host resolves to now."""

    def __init__(self, addresses: Sequence[Address], deadline: Deadline) -> None:
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
        connecting = Deadline(CONNECT_SECONDS)
        trouble: Exception = httpcore.ConnectError("the host has no address")
        for address in self._addresses:
            try:
                seconds = self._deadline.remaining(connecting.remaining(None))
                stream = self._plain.connect_tcp(str(address), port, seconds, local_address, socket_options)
            except TROUBLES as error:
                trouble = error
            else:
                return _DeadlineStream(stream, self._deadline)
        raise trouble


class _DeadlineStream(httpcore.NetworkStream):
    """A stream that enforces the deadline on every step."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
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


def to_url(destination: Destination) -> httpcore.URL:
    """Return a destination as httpcore takes it."""
    host = f"[{destination.host}]" if ":" in destination.host else destination.host
    return httpcore.URL(scheme=destination.scheme, host=host, port=destination.port, target=destination.target)
