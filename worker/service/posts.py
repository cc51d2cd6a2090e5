"""One POST to an address that was checked: no redirects, no proxies, nothing of the answer but its status.

httpcore, the layer below httpx, is used by itself: it lets us say what a connection is made to, apart from the name
that goes into Host and that TLS verifies; and it does nothing that was not asked for.
"""

import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import httpcore

from grader.addresses import Address, Destination
from grader.errors import BackmarkError

#: Seconds that a connection may take, all its addresses together, and the whole of a post.
CONNECT_SECONDS, TOTAL_SECONDS = 5.0, 15.0
#: Bytes of an answer that are taken off the line, so that the receiver ends in peace, and seconds that may take.
_DRAINED, _DRAIN_SECONDS = 4096, 1.0

_TROUBLES = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)


class NoAnswer(BackmarkError):
    """The receiver did not answer in time, or not as HTTP has it, or its certificate is not for its name."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver said."""

    status: int
    #: Seconds that it asks to wait.
    retry_after: float | None = None


def post(
    destination: Destination,
    addresses: Sequence[Address],
    message: Message,
    context: ssl.SSLContext,
    seconds: float = TOTAL_SECONDS,
) -> Answer:
    """Post to the first of the addresses that takes a connection; NoAnswer where that comes to nothing."""
    deadline = _Deadline(seconds)
    url = httpcore.URL(
        scheme=destination.scheme, host=_bracketed(destination.host), port=destination.port, target=destination.target
    )
    headers = [*message.headers.items(), ("Connection", "close")]
    timeout = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
    backend = _Checked(addresses, deadline)
    try:
        with (
            httpcore.ConnectionPool(ssl_context=context, network_backend=backend, max_connections=1) as pool,
            pool.stream(
                "POST", url, headers=headers, content=message.body, extensions={"timeout": timeout}
            ) as response,
        ):
            _drain(response, deadline)
            return Answer(response.status, _retry_after(response.headers))
    except httpcore.TimeoutException:
        raise NoAnswer(f"no answer within {seconds:g} s") from None
    except _TROUBLES as error:
        raise NoAnswer(str(error) or "the connection was closed without an answer") from None


class _Deadline:
    """The moment at which it is over, however little by little the receiver sends."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def shorten(self, seconds: float) -> None:
        """Let it be over in so many seconds at the latest."""
        self._end = min(self._end, time.monotonic() + seconds)

    def left(self, most: float | None) -> float:
        """Seconds that the next step may take."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if most is None else min(left, most)


class _Checked(httpcore.NetworkBackend):
    """Connects to the addresses that were checked, whatever the host of the URL resolves to by now."""

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
        """A connection to the first that takes one."""
        connecting = _Deadline(CONNECT_SECONDS)
        trouble: Exception = httpcore.ConnectError("it has no address")
        for address in self._addresses:
            try:
                seconds = self._deadline.left(connecting.left(None))
                stream = self._plain.connect_tcp(str(address), port, seconds, local_address, socket_options)
            except _TROUBLES as error:
                trouble = error
            else:
                return _Timed(stream, self._deadline)
        raise trouble


class _Timed(httpcore.NetworkStream):
    """A stream on which no step takes longer than what is left."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What came."""
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it."""
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        """End it."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same, encrypted, with whoever has a certificate for that name."""
        name = server_hostname.strip("[]") if server_hostname else None
        return _Timed(self._stream.start_tls(ssl_context, name, self._deadline.left(timeout)), self._deadline)

    def get_extra_info(self, info: str) -> object:
        """What httpcore asks about it."""
        return self._stream.get_extra_info(info)


def _drain(response: httpcore.Response, deadline: _Deadline) -> None:
    """Take a short answer off the line. Its status is known already: what goes wrong now changes nothing."""
    deadline.shorten(_DRAIN_SECONDS)
    taken = 0
    try:
        for portion in response.iter_stream():
            taken += len(portion)
            if taken >= _DRAINED:
                return
    except _TROUBLES:
        return


def _retry_after(headers: Sequence[tuple[bytes, bytes]]) -> float | None:
    """Its form as a number of seconds; a date, which is rare, is passed over."""
    for name, value in headers:
        if name.lower() == b"retry-after" and value.isdigit():
            return float(value[:9])
    return None


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
