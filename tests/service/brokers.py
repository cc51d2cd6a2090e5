"""Brokers of their own for tests, that can be killed, held up and started again."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Protocol

import pytest

from backmark.worker.serve.die_with_parent import tie_to_parent
from backmark.worker.serve.embedded import EmbeddedRedis, lasting_port

#: Debian's command refuses other users than its own and root, and changes to that user; this one is as we call it.
_RABBITMQ = "/usr/lib/rabbitmq/bin/rabbitmq-server"
#: Seconds that a RabbitMQ may take to start; how often other ports are tried, since it takes a while to bind its own.
_START, _TRIES = 90.0, 5


class Broker(Protocol):
    """A broker on this machine; what it was sent survives its end."""

    @property
    def url(self) -> str:
        """Its address, as BACKMARK_BROKER_URL has it."""
        ...

    @property
    def pid(self) -> int | None:
        """Of its process, or None if it does not run."""
        ...

    def start(self) -> None:
        """Start it, and wait until it answers."""
        ...

    def kill(self) -> None:
        """As by `kill -9`."""
        ...


class RabbitMQ:
    """A RabbitMQ of a test's own on the loopback interface; Erlang's daemon of ports is not needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port, self._peers = _choose_ports()
        self._process: subprocess.Popen[bytes] | None = None
        self._has_started = False

    @property
    def url(self) -> str:
        """Its address: the user that each new server has, and its first virtual host."""
        return f"amqp://guest:guest@127.0.0.1:{self._port}//"

    @property
    def pid(self) -> int | None:
        """Of Erlang's machine, which the command runs beside itself."""
        if self._process is None or self._process.poll() is not None:
            return None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return int(children[0]) if children else None

    def start(self) -> None:
        """Start it, and wait until it takes connections. Its first start settles its ports."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for _ in range(_TRIES):
            if self._try_to_start():
                self._has_started = True
                return
            assert not self._has_started, self._output
            self._port, self._peers = _choose_ports()
        raise AssertionError(self._output)

    def _try_to_start(self) -> bool:
        """Return False if another process has bound one of its ports."""
        variables = {
            "HOME": str(self._folder),
            "PATH": os.environ["PATH"],
            "RABBITMQ_NODENAME": f"tests{self._port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(self._peers),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "data"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": str(self._folder / "none"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                f"-start_epmd false -erl_epmd_port {self._peers} -kernel inet_dist_use_interface {{127,0,0,1}}"
            ),
        }
        with (self._folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                tie_to_parent([_RABBITMQ]),
                env=variables,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        end = time.monotonic() + _START
        while not self._answers():
            if self._process.poll() is not None:
                assert "eaddrinuse" in self._output, self._output
                return False
            assert time.monotonic() < end, self._output
            # A broker tells nobody when it is up.
            time.sleep(0.1)
        return True

    @property
    def _output(self) -> str:
        return (self._folder / "output").read_text(errors="replace")

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=5) as connection:
                connection.sendall(b"AMQP\x00\x00\x09\x01")
                return bool(connection.recv(1))
        except OSError:
            return False

    def kill(self) -> None:
        """Kill Erlang's machine, and wait for the command around it."""
        if self._process is not None:
            if (pid := self.pid) is not None:
                os.kill(pid, signal.SIGKILL)
            self._process.wait()


def _choose_ports() -> tuple[int, int]:
    """Return a port for clients, and another one for other brokers."""
    port = peers = lasting_port()
    while peers == port:
        peers = lasting_port()
    return port, peers


def make_broker(name: str, folder: Path) -> Broker:
    """Return a broker of a kind, not started yet. Skips the test if there is no RabbitMQ on this machine."""
    if name == "redis":
        return EmbeddedRedis(folder, lasting_port())
    if not Path(_RABBITMQ).exists() or shutil.which("erl") is None:
        pytest.skip("no RabbitMQ on this machine: apt-get install rabbitmq-server")
    return RabbitMQ(folder)
