"""A part of a service that is a command: its log, its end, and the end of its own processes."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backmark.worker.serve.die_with_parent import tie_to_parent

#: Bytes of a log above which it is moved aside, replacing the one moved before.
_LONG = 16 << 20
_LOOK = 0.05


@dataclass(slots=True)
class ManagedProcess:
    """A command in a session of its own, so that the supervisor handles a Ctrl-C and stops the parts in order."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    #: Seconds from the request to end until the kill.
    patience: float
    #: A socket that the process inherits, which stays open while it restarts, and is closed when it is stopped.
    listener: socket.socket | None = None
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def pid(self) -> int | None:
        """The process id, or None if the process does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start the process; its output is appended to its log."""
        self._shorten()
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - the command is ours
                tie_to_parent(self.command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.log.parent,
                env=self.environment,
                pass_fds=() if self.listener is None else (self.listener.fileno(),),
                start_new_session=True,
            )

    def status(self) -> int | None:
        """Return the exit status, or None while the process runs."""
        self._shorten()
        if self._process is None or (status := self._process.poll()) is None:
            return None
        self._end_session(self._process.pid)
        return status

    def hindrance(self) -> str | None:
        """Return None: nothing external keeps the process from running."""
        return None

    def last_words(self) -> str:
        """Return the end of the log."""
        return last_lines(self.log)

    def stop(self, hurry: Callable[[], bool]) -> None:
        """Send SIGTERM, and SIGKILL to the whole session if it takes too long."""
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
        """Kill the rest of the process's session."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(leader, signal.SIGKILL)

    def _shorten(self) -> None:
        """Keep the log from growing without limit while the process writes to it."""
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > _LONG:
                # Without space for a copy the log is lost, which frees some.
                with contextlib.suppress(OSError):
                    self.log.with_suffix(".old.log").write_bytes(self.log.read_bytes())
                os.truncate(self.log, 0)


def last_lines(log: Path) -> str:
    """Return the last two nonblank lines of a log as one; the last alone is often only an address."""
    with contextlib.suppress(FileNotFoundError), log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - 4096))
        lines = [line.strip() for line in stream.read().decode("utf-8", "replace").splitlines() if line.strip()]
        if lines:
            return " / ".join(lines[-2:])
    return "(nothing)"
