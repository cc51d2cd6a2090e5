"""gunicorn's worker with threads, in which a thread is given to nobody who sends nothing, or little by little.

Its own gives a thread for seconds to each connection that is silent, and for good to one whose request never ends; and
its loop, by which all connections come in, waits two seconds for each client that does not hang up. So a few
connections, from anybody, would be enough to keep everybody out.
"""

import contextlib
import socket
import time
from concurrent.futures import Future
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

#: Seconds in which a request's first line and headers have to come, and then its body, little by little or not; for
#: which a body is read that nobody wanted; and for which a client may read the end of its answer.
HEAD_SECONDS, BODY_SECONDS, DRAIN_SECONDS, LEAVE_SECONDS = 5.0, 120.0, 0.5, 2.0
#: What ends the headers, and bytes of them that are awaited outside of a thread.
_END, _HEAD = b"\r\n\r\n", 65536


class Impatient(ThreadWorker):  # type: ignore[misc]
    """A connection waits without a thread for the headers of a request, and for its client to go."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Connections whose request is read in a thread, and until when.
        self._reading: dict[Any, float] = {}
        #: Those whose client should hang up, and until when.
        self._leaving: dict[Any, float] = {}
        #: Bytes of a request that is not read yet, as they were last counted.
        self._seen: dict[Any, int] = {}

    def enqueue_req(self, conn: Any) -> None:
        """Into a thread, once there is something to read."""
        if conn.initialized or conn.data_ready:
            self._seen.pop(conn, None)
            super().enqueue_req(conn)
            return
        conn.sock.settimeout(0)
        conn.timeout = time.monotonic() + HEAD_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def on_pending_socket_readable(self, conn: Any, client: socket.socket) -> None:
        """Something came on a new connection."""
        if self._complete(conn, client):
            super().on_pending_socket_readable(conn, client)

    def on_client_socket_readable(self, conn: Any, client: socket.socket) -> None:
        """Something came on a connection that was used before."""
        if self._complete(conn, client):
            super().on_client_socket_readable(conn, client)

    def handle(self, conn: Any) -> Any:
        """In a thread: read a request, and answer it."""
        self._reading[conn] = time.monotonic() + HEAD_SECONDS
        try:
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
        return bool(keepalive and conn.parser.finish_body(deadline=time.monotonic() + DRAIN_SECONDS))

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
        super().murder_pending()
        now = time.monotonic()
        for conn in [each for each, until in self._leaving.items() if until < now]:
            self._left(conn)
        for conn in [each for each, until in self._reading.copy().items() if until < now]:
            # Whoever reads there finds the end, and what is being answered still goes out.
            with contextlib.suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RD)
        here = {*self.pending_conns, *self.keepalived_conns}
        self._seen = {conn: count for conn, count in self._seen.items() if conn in here}

    def _complete(self, conn: Any, client: socket.socket) -> bool:
        """Whether a thread need not wait for the headers; the poller tells when there is more of them."""
        try:
            head = client.recv(_HEAD, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        # Nothing new: the client has hung up in the midst of it.
        ended = len(head) == self._seen.get(conn, 0)
        more = not (ended or _END in head or len(head) == _HEAD)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, len(head) + 1 if more else 1)
        self._seen[conn] = len(head)
        return not more

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
