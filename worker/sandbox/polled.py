"""Three pipes moved by whoever waits for them: no threads, so that a submission costs little."""

import contextlib
import os
import select
import time

from backmark.worker.sandbox.inside import wire

#: Bytes that the pipe of answers holds, where the machine lets us say so: who answers then need not wait for us.
_ROOM = 1 << 20


class PolledPipes:
    """Pipes made here; `theirs` are the other ends of requests, answers and prints, for the process to be started."""

    def __init__(self) -> None:
        # Not there on Windows, where this module must still be importable.
        import fcntl  # noqa: PLC0415

        ends = [os.pipe() for _ in range(3)]
        (request, self._requests), (self._answers, answer), (self._prints, print_) = ends
        self.theirs = (request, answer, print_)
        self._waiting = bytearray()
        self._poll = select.poll()
        for descriptor in (self._requests, self._answers, self._prints):
            os.set_blocking(descriptor, False)
        #: True if much can gather in a pipe: if it cannot, whoever answers would wait for us.
        self._roomy = False
        with contextlib.suppress(OSError):
            # An ordinary user has so much for all pipes together: what is beyond that is only slower.
            fcntl.fcntl(self._answers, fcntl.F_SETPIPE_SZ, _ROOM)
            self._roomy = True
        for descriptor in (self._answers, self._prints):
            self._poll.register(descriptor, select.POLLIN)

    def release(self) -> None:
        """Close their ends, once the process has them."""
        for descriptor in self.theirs:
            os.close(descriptor)
        self.theirs = (-1, -1, -1)

    def send(self, data: bytes) -> None:
        """Write what the pipe takes now, and the rest while answers are waited for."""
        if not self._waiting:
            self._poll.register(self._requests, select.POLLOUT)
        self._waiting += data
        self._write()

    def take(self, seconds: float, *, linger: float = 0.0) -> list[tuple[bool, bytes]]:
        """Wait for at most so long, moving requests on; return the pieces of answers (True) and prints."""
        end = time.monotonic() + seconds
        while True:
            ready = dict(self._poll.poll(max(0.0, 1e3 * (end - time.monotonic()))))
            if ready.pop(self._requests, 0):
                self._write()
            if ready:
                if linger and self._roomy:
                    time.sleep(linger)
                return [(descriptor == self._answers, self._read(descriptor)) for descriptor in ready]
            if time.monotonic() >= end:
                return []

    def close(self) -> None:
        """Close our ends."""
        for descriptor in (self._requests, self._answers, self._prints):
            os.close(descriptor)

    def _read(self, descriptor: int) -> bytes:
        data = os.read(descriptor, wire.CHUNK)
        if not data:
            self._poll.unregister(descriptor)
        return data

    def _write(self) -> None:
        try:
            while self._waiting:
                del self._waiting[: os.write(self._requests, self._waiting)]
        except BlockingIOError:
            return
        except BrokenPipeError:
            # Whoever ends without reading is told by the end of its answers.
            self._waiting.clear()
        self._poll.unregister(self._requests)
