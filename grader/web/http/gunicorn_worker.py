"""gunicorn's worker with threads, in which a thread is given to nobody who sends nothing, or little by little.

Its own gives a thread for seconds to each connection that is silent, and for good to one whose request never ends; and
its loop, by which all connections come in, waits two seconds for each client that does not hang up. So a few
connections, from anybody, would be enough to keep everybody out.
"""

import contextlib
import re
import socket
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from grader.web.http.bodies import AWAITED

#: Seconds in which a request's first line and headers have to come; then its body, where a thread reads it, little by
#: little or not; for which a thread reads a body that nobody wanted (the rest comes while the client leaves); and for
#: which a client may read the end of its answer.
HEAD_SECONDS, BODY_SECONDS, DRAIN_SECONDS, LEAVE_SECONDS = 5.0, 120.0, 0.05, 2.0
#: Seconds for which a client may take nothing of its answer: it holds a thread once the kernel's buffers are full.
STALL_SECONDS = 10.0
#: Bytes a second at which a body that is awaited has to come, on the whole; and bytes of all that are, at a time.
SLOWEST, ROOM = 8192, 64 << 20
#: What ends the headers, bytes of them that are awaited outside of a thread, and bytes that are read at a time.
_END, _HEAD, _PART = b"\r\n\r\n", 65536, 65536
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*0*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)
#: Who sends this sends no body until a thread says that it may.
_EXPECT = re.compile(rb"\r\nexpect:", re.IGNORECASE)


@dataclass(slots=True)
class _Awaited:
    """A request that is not all there yet."""

    came: bytearray = field(default_factory=bytearray)
    #: Since when its headers are there and its body is not, and bytes of both together.
    body_since: float | None = None
    wanted: int = 0

    def more(self, part: bytes) -> bool:
        """Take in what came; whether there should be more before a thread looks at it."""
        begin = max(0, len(self.came) - len(_END))
        self.came += part
        if self.body_since is None:
            end = self.came.find(_END, begin)
            if end < 0:
                return len(self.came) < _HEAD
            self.body_since, self.wanted = time.monotonic(), end + len(_END) + _body(self.came, end)
        return len(self.came) < self.wanted

    def until(self) -> float:
        """The moment by which more of its body should have come."""
        return (self.body_since or 0.0) + HEAD_SECONDS + len(self.came) / SLOWEST


class Impatient(ThreadWorker):  # type: ignore[misc]
    """A connection waits without a thread for a request, unless its body is large, and for its client to go."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Connections whose request is read in a thread, and until when.
        self._reading: dict[Any, float] = {}
        #: Those whose client should hang up, and until when.
        self._leaving: dict[Any, float] = {}
        #: Those whose request is not all there yet.
        self._awaited: dict[Any, _Awaited] = {}
        #: What came of the others', until a thread looks at it.
        self._came: dict[Any, bytes] = {}

    def enqueue_req(self, conn: Any) -> None:
        """Into a thread, once there is something to read."""
        if conn.initialized or conn.data_ready:
            if (awaited := self._awaited.pop(conn, None)) is not None:
                self._came[conn] = bytes(awaited.came)
            super().enqueue_req(conn)
            return
        conn.sock.settimeout(0)
        with contextlib.suppress(OSError):
            # Not of every kind of socket.
            conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1e3 * STALL_SECONDS))
        self._await(conn)

    def on_pending_socket_readable(self, conn: Any, client: socket.socket) -> None:
        """Something came on a new connection."""
        if self._complete(conn, client):
            super().on_pending_socket_readable(conn, client)

    def on_client_socket_readable(self, conn: Any, client: socket.socket) -> None:
        """Something came on a connection that was used before."""
        if self._complete(conn, client):
            super().on_client_socket_readable(conn, client)
        else:
            # From now on it is not idle.
            self.poller.unregister(client)
            self.keepalived_conns.remove(conn)
            self._await(conn)

    def handle(self, conn: Any) -> Any:
        """In a thread: read a request, and answer it."""
        self._reading[conn] = time.monotonic() + HEAD_SECONDS
        try:
            if came := self._came.pop(conn, b""):
                conn.init()
                conn.parser.unreader.unread(came)
            return super().handle(conn)
        finally:
            self._reading.pop(conn, None)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """In a thread: answer a request whose headers are read."""
        if any(name in {"CONTENT-LENGTH", "TRANSFER-ENCODING"} for name, _ in req.headers):
            self._reading[conn] = time.monotonic() + BODY_SECONDS
        else:
            # Nothing more is read: a stream may last.
            self._reading.pop(conn, None)
        return super().handle_request(req, conn)

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:  # noqa: FBT001 - gunicorn's
        if not keepalive or not conn.parser.finish_body(deadline=time.monotonic() + DRAIN_SECONDS):
            return False
        # What came before the answer nobody has waited for: a client that sends ahead asks again.
        return not conn.parser.unreader.buf.getvalue()

    def finish_request(self, conn: Any, fs: "Future[Any]") -> None:
        """After a thread: keep the connection, or let its client go."""
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
        """Every second: let nobody wait any longer, in the poller or in a thread."""
        room = ROOM
        for conn, awaited in sorted(self._awaited.items(), key=lambda each: each[1].body_since or 0.0, reverse=True):
            if awaited.body_since is not None:
                room -= len(awaited.came)
                # Who honestly sends something has long been through when room is short.
                conn.timeout = awaited.until() if room >= 0 else 0.0
        # As gunicorn has them: the first is the first to go.
        self.pending_conns: deque[Any] = deque(sorted(self.pending_conns, key=lambda conn: conn.timeout))
        super().murder_pending()
        now = time.monotonic()
        for conn in [each for each, until in self._leaving.items() if until < now]:
            self._left(conn)
        for conn in [each for each, until in self._reading.copy().items() if until < now]:
            # Whoever reads there finds the end, and what is being answered still goes out.
            with contextlib.suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RD)
        here = set(self.pending_conns)
        self._awaited = {conn: awaited for conn, awaited in self._awaited.items() if conn in here}

    def _await(self, conn: Any) -> None:
        """Let a connection wait, without a thread, for what it has to say."""
        conn.timeout = time.monotonic() + HEAD_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _complete(self, conn: Any, client: socket.socket) -> bool:
        """Whether a thread need not wait for the request; the poller tells when there is more of it."""
        try:
            part = client.recv(_PART)
        except BlockingIOError:
            return False
        except OSError:
            # The thread will see.
            return True
        # Who has hung up sends nothing more, whatever is missing.
        return not (self._awaited.setdefault(conn, _Awaited()).more(part) and part)

    def _on_leaving_socket_readable(self, conn: Any, client: socket.socket) -> None:
        try:
            if client.recv(_HEAD):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._left(conn)

    def _left(self, conn: Any) -> None:
        del self._leaving[conn]
        self.nr_conns -= 1
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        conn.close()


def _body(head: bytearray, end: int) -> int:
    """Bytes of a body that should be there before a thread looks at the request; of a large one none."""
    lengths = _LENGTH.findall(head, 0, end + 2)
    if len(lengths) != 1 or int(lengths[0]) > AWAITED or _EXPECT.search(head, 0, end):
        return 0
    return int(lengths[0])
