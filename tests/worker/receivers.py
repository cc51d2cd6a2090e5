"""Receivers of notifications: real web servers of this process, on whatever loopback address is asked for."""

import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread

from backmark.worker.service.deliveries import Deliveries
from backmark.worker.service.rounds import THREADS

#: Seconds that a test waits for what should come at once.
PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Got:
    """A request that came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer of a receiver."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def run_due(deliveries: Deliveries) -> int:
    """Attempt all deliveries that are due now, wait for them, and return their number."""
    with ThreadPoolExecutor() as pool:
        attempts = deliveries.start_due(pool, THREADS)
    for attempt in attempts:
        attempt.result()
    return len(attempts)


class Receiver:
    """Remembers what came, waits until it is `let_go`, and answers as `answer` says."""

    def __init__(self, address: str, port: int, context: ssl.SSLContext | None = None) -> None:
        self.got: list[Got] = []
        self.answer: Callable[[Got], Reply] = lambda _: Reply()
        self.let_go = Event()
        self.let_go.set()
        self._lock = Lock()
        self._server = _Server((address, port), _handler(self))
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        self.url = f"http{'s' if context else ''}://{address}:{self.port}/hook?course=ml"
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def take(self, request: Got) -> Reply:
        """Handle a request."""
        with self._lock:
            self.got.append(request)
        self.let_go.wait(PATIENCE)
        return self.answer(request)

    def close(self) -> None:
        """No more."""
        self.let_go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Ignore errors of clients that hang up, which is part of the tests."""


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = receiver.take(Got(self.path, headers, body))
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def run_receiver(
    address: str = "127.0.0.1", port: int = 0, context: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    """A receiver for a while."""
    receiver = Receiver(address, port, context)
    try:
        yield receiver
    finally:
        receiver.close()


def until(condition: Callable[[], bool]) -> None:
    """Wait for it; a test that waits in vain fails."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)
