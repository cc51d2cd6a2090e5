"""Slots for connections that are held open: at most half of a process's threads, so that the rest always answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore


class Slots:
    """A fixed number of slots; `acquire` never blocks."""

    def __init__(self, count: int) -> None:
        self._semaphore = BoundedSemaphore(count)
        #: True once the process is stopping and no connection may be held any longer.
        self.closed = False

    def acquire(self) -> bool:
        """Take a slot if one is free, and return True if so; `release` gives it back."""
        return not self.closed and self._semaphore.acquire(blocking=False)

    def close(self) -> None:
        """Refuse new holders; current ones check `closed` every second. Safe in a signal handler."""
        self.closed = True

    def release(self) -> None:
        """Give a slot back."""
        self._semaphore.release()

    @contextmanager
    def hold(self) -> Iterator[bool]:
        """Hold a slot for the length of a `with` block; yields False if none was free."""
        acquired = self.acquire()
        try:
            yield acquired
        finally:
            if acquired:
                self.release()
