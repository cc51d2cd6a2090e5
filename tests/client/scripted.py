"""A server on the loopback interface that answers as a test has written down, and remembers what it was asked."""

import json
import ssl
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

TOKEN = "bmk_abc_not-a-real-secret"  # noqa: S105 - opens nothing


@dataclass(frozen=True, slots=True)
class Answer:
    """One scripted answer. Status 0 hangs up without an answer."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A received request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Scripted:
    """Answers in the order of `script`, the last one again and again."""

    def __init__(self, script: tuple[Answer, ...], context: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self._script = deque(script)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'http' if context is None else 'https'}://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def serve(self) -> Iterator["Scripted"]:
        """While it answers."""
        thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        script_server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                script_server.asked.append(Asked(self.command, self.path, dict(self.headers), body))
                reply = script_server._script.popleft() if len(script_server._script) > 1 else script_server._script[0]
                if reply.status == 0:
                    self.close_connection = True
                    return
                data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                    self.send_header(name, value)
                if reply.status != 204:
                    self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if reply.status != 204:
                    self.wfile.write(data)

            do_GET = do_POST = do_DELETE = answer  # noqa: N815 - as http.server calls them

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


@contextmanager
def serve_script(*script: Answer, context: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    """A server that answers so, by TLS where there is a context for it."""
    with Scripted(script, context).serve() as server:
        yield server


def problem(status: int, slug: str, detail: str = "", **headers: str) -> Answer:
    """A refusal as the web server words it."""
    body = {"type": f"/problems/{slug}", "title": slug.replace("-", " "), "status": status, "detail": detail}
    named_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, body, {"Content-Type": "application/problem+json", **named_headers})


def submission(state: str, **fields: Any) -> dict[str, Any]:
    """A submission as the web server tells it."""
    return {
        "id": "s1",
        "state": state,
        "course": "course",
        "assignment": "udl-7.2",
        "revision": "0" * 16,
        "student": "ada",
        "attempt": 1,
        "filename": "a.py",
        "source_sha256": "0" * 64,
        "size": 3,
        "created_at": "2026-01-02T03:04:05.678Z",
        "started_at": None,
        "finished_at": None,
        "queue": None,
        "superseded_by": None,
        "failure": None,
        "regrade": None,
        "outcome": None,
        "score": None,
        "max_score": None,
        "verdict": None,
        **fields,
    }
