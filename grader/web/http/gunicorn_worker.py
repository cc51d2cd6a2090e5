"""gunicorn's threaded worker, changed so that a silent or slow client does not occupy a thread.

The original gives a thread for seconds to each silent connection, and indefinitely to one whose request never ends;
and its accept loop waits two seconds for each client that does not hang up. A few connections from anywhere would be
enough to lock everybody out.
"""

import contextlib
import json
import re
import socket
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from backmark.grader.web.http.bodies import BUFFERED_BYTES
from backmark.grader.web.http.problems import MALFORMED, UNEXPECTED

#: Seconds within which a request's first line and headers must arrive; within which a body must arrive that a thread
#: reads; for which a thread drains an unread body (the rest arrives while the client leaves); and for which a client
#: may read the end of its response.
HEAD_SECONDS, BODY_SECONDS, DRAIN_SECONDS, LEAVE_SECONDS = 5.0, 120.0, 0.05, 2.0
#: Seconds for which a client may read nothing of its response: it holds a thread once the kernel's buffers are full.
STALL_SECONDS = 10.0
#: The lowest average rate, in bytes per second, of a buffered body; and the bytes that all buffers may take together.
SLOWEST, ROOM = 8192, 64 << 20
#: The end of the headers, the most bytes of headers buffered outside a thread, and the bytes read at a time.
_END, _HEAD, _PART = b"\r\n\r\n", 65536, 65536
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*0*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)
#: The detail of a problem with what is not a request.
_NO_REQUEST = "the request line or a header is not valid, or is too long"
#: A client that sends this header sends no body until a thread allows it.
_EXPECT = re.compile(rb"\r\nexpect:", re.IGNORECASE)


@dataclass(slots=True)
class _PartialRequest:
    """A request that has not been received in full yet."""

    received: bytearray = field(default_factory=bytearray)
    #: When the headers were complete and the body was not; and the bytes expected of both together.
    body_since: float | None = None
    expected: int = 0

    def receive(self, part: bytes) -> bool:
        """Add received bytes; return True if more must arrive before a thread gets the request."""
        begin = max(0, len(self.received) - len(_END))
        self.received += part
        if self.body_since is None:
            end = self.received.find(_END, begin)
            if end < 0:
                return len(self.received) < _HEAD
            self.body_since, self.expected = time.monotonic(), end + len(_END) + _body_length(self.received, end)
        return len(self.received) < self.expected

    def deadline(self) -> float:
        """Return the time by which more of the body must have arrived."""
        return (self.body_since or 0.0) + HEAD_SECONDS + len(self.received) / SLOWEST


class _ProblemSocket:
    """A socket to which gunicorn writes an error page, and which sends a problem with the same status."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def sendall(self, page: bytes) -> None:
        """Send a problem in place of an error page."""
        line = page.partition(b"\r\n")[0]
        status, reason = int(line.split(b" ")[1]), line.decode().split(" ", 2)[2]
        problem = {"type": "about:blank", "title": reason, "status": status, "detail": _NO_REQUEST}
        if status == UNEXPECTED.status:
            problem |= {"type": UNEXPECTED.type, "title": UNEXPECTED.title, "detail": UNEXPECTED.meaning}
        elif status == MALFORMED.status:
            problem |= {"type": MALFORMED.type, "title": MALFORMED.title}
        body = json.dumps(problem).encode()
        head = b"%s\r\nConnection: close\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\n\r\n"
        self._sock.sendall(head % (line, len(body)) + body)


class BufferingWorker(ThreadWorker):  # type: ignore[misc]
    """A worker that buffers requests without a thread, unless the body is large, and closes connections likewise."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Deadlines of the connections whose request a thread is reading.
        self._reading: dict[Any, float] = {}
        #: Deadlines of the connections whose client should hang up.
        self._leaving: dict[Any, float] = {}
        #: Requests that are not complete yet, by connection.
        self._partial: dict[Any, _PartialRequest] = {}
        #: Bytes of complete requests, until a thread reads them.
        self._buffered: dict[Any, bytes] = {}

    def enqueue_req(self, conn: Any) -> None:
        """Pass a connection to a thread once there is something to read."""
        if conn.initialized or conn.data_ready:
            if (partial_request := self._partial.pop(conn, None)) is not None:
                self._buffered[conn] = bytes(partial_request.received)
            super().enqueue_req(conn)
            return
        conn.sock.settimeout(0)
        with contextlib.suppress(OSError):
            # Not every kind of socket has this option.
            conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1e3 * STALL_SECONDS))
        self._wait_for_request(conn)

    def on_pending_socket_readable(self, conn: Any, client: socket.socket) -> None:
        """Handle data on a new connection."""
        if self._receive(conn, client):
            super().on_pending_socket_readable(conn, client)

    def on_client_socket_readable(self, conn: Any, client: socket.socket) -> None:
        """Handle data on a kept-alive connection."""
        if self._receive(conn, client):
            super().on_client_socket_readable(conn, client)
        else:
            # The connection is no longer idle.
            self.poller.unregister(client)
            self.keepalived_conns.remove(conn)
            self._wait_for_request(conn)

    def handle(self, conn: Any) -> Any:
        """In a thread: read a request and answer it."""
        self._reading[conn] = time.monotonic() + HEAD_SECONDS
        try:
            if received := self._buffered.pop(conn, b""):
                conn.init()
                conn.parser.unreader.unread(received)
            return super().handle(conn)
        finally:
            self._reading.pop(conn, None)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """In a thread: answer a request whose headers are read."""
        if any(name in {"CONTENT-LENGTH", "TRANSFER-ENCODING"} for name, _ in req.headers):
            self._reading[conn] = time.monotonic() + BODY_SECONDS
            # Called before the head of the response is written, which says if the connection will be closed.
            req.should_close = partial(self._should_close, req, conn, req.should_close)
        else:
            # Nothing more is read, so a stream may last.
            self._reading.pop(conn, None)
        return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer what is not a request, with gunicorn's own status, as a problem."""
        super().handle_error(req, _ProblemSocket(client), addr, exc)

    def _should_close(self, req: Any, conn: Any, should_close: Callable[[], bool]) -> bool:
        if not req.must_close and not conn.parser.finish_body(deadline=time.monotonic() + DRAIN_SECONDS):
            req.force_close()
        return should_close()

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:  # noqa: FBT001 - gunicorn's
        if not keepalive or not conn.parser.finish_body(deadline=time.monotonic() + DRAIN_SECONDS):
            return False
        # Bytes that arrived before the response were not buffered: a client that pipelines must ask again.
        return not conn.parser.unreader.buf.getvalue()

    def finish_request(self, conn: Any, fs: "Future[Any]") -> None:
        """After a thread: keep the connection alive, or wait for the client to hang up."""
        if not fs.cancelled() and fs.exception() is None and fs.result():
            super().finish_request(conn, fs)
            return
        try:
            conn.sock.settimeout(0)
            conn.sock.shutdown(socket.SHUT_WR)
            self.poller.register(conn.sock, EVENT_READ, partial(self._on_leaving_socket_readable, conn))
        except (OSError, ValueError, KeyError):
            self.nr_conns -= 1
            conn.close()
        else:
            self._leaving[conn] = time.monotonic() + LEAVE_SECONDS

    def murder_pending(self) -> None:
        """Every second: close connections past their deadline, in the poller or in a thread."""
        room = ROOM
        for conn, partial_request in sorted(
            self._partial.items(), key=lambda item: item[1].body_since or 0.0, reverse=True
        ):
            if partial_request.body_since is not None:
                room -= len(partial_request.received)
                # Clients that send at a normal rate have finished long before room runs short.
                conn.timeout = partial_request.deadline() if room >= 0 else 0.0
        # gunicorn expects the earliest deadline first.
        self.pending_conns: deque[Any] = deque(sorted(self.pending_conns, key=lambda conn: conn.timeout))
        super().murder_pending()
        now = time.monotonic()
        for conn in [leaving for leaving, deadline in self._leaving.items() if deadline < now]:
            self._close(conn)
        for conn in [reading for reading, deadline in self._reading.copy().items() if deadline < now]:
            # The reading thread sees the end of the stream, and a response in progress is still sent.
            with contextlib.suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RD)
        pending = set(self.pending_conns)
        self._partial = {conn: partial_request for conn, partial_request in self._partial.items() if conn in pending}

    def _wait_for_request(self, conn: Any) -> None:
        """Wait for a connection's request without a thread."""
        conn.timeout = time.monotonic() + HEAD_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _receive(self, conn: Any, client: socket.socket) -> bool:
        """Receive what has arrived, and return True if a thread can take the request now."""
        try:
            part = client.recv(_PART)
        except BlockingIOError:
            return False
        except OSError:
            # The thread will notice.
            return True
        # After a hang-up nothing more will arrive, whatever is missing.
        return not (self._partial.setdefault(conn, _PartialRequest()).receive(part) and part)

    def _on_leaving_socket_readable(self, conn: Any, client: socket.socket) -> None:
        try:
            if client.recv(_HEAD):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._close(conn)

    def _close(self, conn: Any) -> None:
        del self._leaving[conn]
        self.nr_conns -= 1
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        conn.close()


def _body_length(head: bytearray, end: int) -> int:
    """Return the bytes of the body to buffer before a thread gets the request: none of a large one."""
    lengths = _LENGTH.findall(head, 0, end + 2)
    if len(lengths) != 1 or int(lengths[0]) > BUFFERED_BYTES or _EXPECT.search(head, 0, end):
        return 0
    return int(lengths[0])
