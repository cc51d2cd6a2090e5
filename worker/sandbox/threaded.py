"""Three pipes moved by threads: for a process without a jail, as Windows can wait for pipes in no other way."""

import contextlib
import os
import subprocess
import threading
import time
from queue import Empty, Queue, SimpleQueue
from typing import IO

from backmark.worker.sandbox.inside import wire

#: Pieces that are read ahead of whoever takes them.
_AHEAD = 64
#: Seconds that a thread may take to hand over what is in its pipe: what was printed before an answer can come after it.
_TURN = 0.02
#: Seconds that a thread may take to end once its pipe has.
_GRACE = 2.0


class ThreadedPipes:
    """The pipes of a process that was started with three of them."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        self._inbox: Queue[tuple[bool, bytes]] = Queue(_AHEAD)
        readers = ((True, process.stdout), (False, process.stderr))
        self._threads = [threading.Thread(target=self._read, args=reader, daemon=True) for reader in readers]
        self._threads.append(threading.Thread(target=self._write, args=(process.stdin,), daemon=True))
        for thread in self._threads:
            thread.start()

    def send(self, data: bytes) -> None:
        """Hand over bytes to be written, without waiting."""
        self._outbox.put(data)

    def take(self, seconds: float, *, linger: float = 0.0) -> list[tuple[bool, bytes]]:  # noqa: ARG002 - as a Pump
        """Wait for at most so long; return the pieces of answers (True) and prints."""
        pieces: list[tuple[bool, bytes]] = []
        with contextlib.suppress(Empty):
            pieces.append(self._inbox.get(timeout=max(seconds, _TURN)))
            # Whoever prints faster than this takes must not keep its caps from being looked at.
            while len(pieces) < _AHEAD:
                pieces.append(self._inbox.get_nowait())
        return pieces

    def close(self) -> None:
        """End the threads, whose process has ended; one that its children keep a pipe open for is left to it."""
        self._outbox.put(None)
        end = time.monotonic() + _GRACE
        while any(thread.is_alive() for thread in self._threads) and time.monotonic() < end:
            # Whoever waits for room in here goes on to the end of its pipe.
            self.take(0.0)
            for thread in self._threads:
                thread.join(_GRACE / 1000)

    def _read(self, answers: bool, stream: IO[bytes]) -> None:  # noqa: FBT001 - a thread's argument
        data = b"begin"
        with stream, contextlib.suppress(OSError):
            while data:
                data = os.read(stream.fileno(), wire.CHUNK)
                self._inbox.put((answers, data))

    def _write(self, stream: IO[bytes]) -> None:
        with contextlib.suppress(OSError), stream:
            while (data := self._outbox.get()) is not None:
                wire.write(stream.fileno(), data)
