"""The streams to and from a process for student code: requests in, answers and prints out, each within its cap."""

from collections import deque
from typing import Protocol

from backmark.worker.sandbox.inside import wire

#: Bytes of what was printed that are kept.
KEPT = 4096


class Pump(Protocol):
    """The part that moves the bytes."""

    def send(self, data: bytes) -> None:
        """Hand over bytes to be written, without waiting."""
        ...

    def take(self, seconds: float, *, linger: float = 0.0) -> list[tuple[bool, bytes]]:
        """Wait for at most so long; return the pieces, each of answers (True) or prints, and empty at their end.

        Once something came, what comes within `linger` seconds may be waited for, to be taken along.
        """
        ...

    def close(self) -> None:
        """Close our ends."""
        ...


class Streams:
    """The conversation with one process; for one thread."""

    def __init__(self, pump: Pump, output: int) -> None:
        #: True if it printed more than it may, or answered more than it was asked.
        self.flooded = self.chatty = False
        self._pump = pump
        self._limit = output
        self._printed = self._answered = 0
        self._allowed = wire.HEADER_CAP
        self._kept = bytearray()
        self._answers: deque[bytes] = deque()
        self._is_silent = self._is_closed = False

    def send(self, data: bytes) -> None:
        """Hand over bytes to be written, without waiting."""
        self._pump.send(data)

    def allow(self, size: int) -> None:
        """Allow so many bytes more of answers."""
        self._allowed += size

    def receive(self, seconds: float, *, linger: float = 0.0) -> bytes | None:
        """Return a piece of its answers, empty if none came in time; None at their end, or once a cap is broken."""
        if not self._answers and not self._is_over:
            self._take(seconds, linger=linger)
        if self._answers:
            return self._answers.popleft()
        return None if self._is_over else b""

    def drain(self) -> None:
        """Take in what has been printed by now."""
        while not self._is_closed and not self.flooded and self._take(0.0):
            pass

    @property
    def output(self) -> str:
        """The first of what it has printed so far."""
        self.drain()
        return bytes(self._kept).decode("utf-8", "replace")

    def close(self) -> None:
        """Close our ends; what was printed stays."""
        if not self._is_closed:
            self._is_closed = True
            self._pump.close()

    @property
    def _is_over(self) -> bool:
        return self._is_silent or self._is_closed or self.flooded or self.chatty

    def _take(self, seconds: float, *, linger: float = 0.0) -> bool:
        """Take in the bytes that come within so many seconds; return True if anything was printed."""
        printed = False
        for is_answer, data in self._pump.take(seconds, linger=linger):
            if is_answer:
                self._answered += len(data)
                self.chatty |= self._answered > self._allowed
                self._is_silent |= not data
                if data and not self.chatty:
                    self._answers.append(data)
            else:
                printed |= bool(data)
                self._printed += len(data)
                self._kept += data[: KEPT - len(self._kept)]
                self.flooded |= self._printed > self._limit
        return printed
