"""A part of a service that is a command: its log, its end, and the end of whatever it started."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from worker.serve.tether import tethered

#: A log that is longer is put aside, over the one that was put aside before it: bytes.
_LONG = 16 << 20
_LOOK = 0.05


@dataclass(slots=True)
class Program:
    """One command, in a session of its own: a Ctrl-C in the terminal is the supervisor's to pass on, in order."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    #: Seconds from being asked to end to being killed.
    patience: float
    #: A socket that is inherited, open while the program is away, and closed when it is stopped.
    listener: socket.socket | None = None
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def pid(self) -> int | None:
        """Its process, while there is one."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start it; what it says is added to its log."""
        self._shorten()
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - the command is ours
                tethered(self.command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.log.parent,
                env=self.environment,
                pass_fds=() if self.listener is None else (self.listener.fileno(),),
                start_new_session=True,
            )

    def status(self) -> int | None:
        """Its exit status once it has ended; None while it runs."""
        self._shorten()
        if self._process is None or (status := self._process.poll()) is None:
            return None
        self._end_session(self._process.pid)
        return status

    def hindrance(self) -> str | None:
        """Return None: nothing outside of it keeps it from living."""
        return None

    def last_words(self) -> str:
        """The end of its log."""
        return last_lines(self.log)

    def stop(self, hurry: Callable[[], bool]) -> None:
        """SIGTERM, and SIGKILL to all of its session when it takes too long."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            until = time.monotonic() + self.patience
            while self._process.poll() is None and time.monotonic() < until and not hurry():
                time.sleep(_LOOK)
            self._end_session(self._process.pid)
            self._process.wait()
        if self.listener is not None:
            self.listener.close()

    @staticmethod
    def _end_session(leader: int) -> None:
        """Kill what is left of the process and of those that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(leader, signal.SIGKILL)

    def _shorten(self) -> None:
        """Keep the log from growing without end while the program goes on writing to it."""
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > _LONG:
                # Without space for a copy the log is lost, which makes some.
                with contextlib.suppress(OSError):
                    self.log.with_suffix(".old.log").write_bytes(self.log.read_bytes())
                os.truncate(self.log, 0)


def last_lines(log: Path) -> str:
    """Return the last two lines of a log that say anything, as one: the last by itself is often only an address."""
    with contextlib.suppress(FileNotFoundError), log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - 4096))
        lines = [line.strip() for line in stream.read().decode("utf-8", "replace").splitlines() if line.strip()]
        if lines:
            return " / ".join(lines[-2:])
    return "(nothing)"
