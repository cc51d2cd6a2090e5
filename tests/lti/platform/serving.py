"""A server for an LMS of a test, in a thread: with TLS or without."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from werkzeug.serving import make_server


@contextmanager
def serve_app(app: Any, port: int = 0, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port at which an application is served until the end of the block."""
    server = make_server("127.0.0.1", port, app, threaded=True, ssl_context=context)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
