"""The application in a real web server, as `backmark service web` runs it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from backmark.worker.serve.die_with_parent import tie_to_parent
from backmark.worker.serve.embedded import free_port

#: Seconds that a server may take to start on a busy machine.
_START = 90.0


@contextmanager
def serve_web(redis_url: str, **settings: str) -> Iterator[int]:
    """One process with eight threads on this Redis; its port. `settings` are environment variables."""
    port = free_port()
    process = subprocess.Popen(
        tie_to_parent(
            [
                *(sys.executable, "-m", "gunicorn", "--config", "python:backmark.grader.web.server"),
                *("--bind", f"127.0.0.1:{port}", "backmark.grader.web:create_app()"),
            ]
        ),
        env=os.environ | {"BACKMARK_REDIS_URL": redis_url} | settings,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _await(port: int) -> None:
    until = time.monotonic() + _START
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the web server did not start")
