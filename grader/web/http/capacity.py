"""Connections that are held open: at most half of a process's threads, so that the others always answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore


class Holding:
    """So many places, given without waiting."""

    def __init__(self, places: int) -> None:
        self._places = BoundedSemaphore(places)
        #: Whether nobody is held any more, since the process is to stop.
        self.closed = False

    def take(self) -> bool:
        """A place, where one is free; it is given back by `leave`."""
        return not self.closed and self._places.acquire(blocking=False)

    def close(self) -> None:
        """Hold nobody any more; whoever is held looks at `closed` every second. Safe in a signal handler."""
        self.closed = True

    def leave(self) -> None:
        """Give a place back."""
        self._places.release()

    @contextmanager
    def place(self) -> Iterator[bool]:
        """A place for a while: whether there was one."""
        taken = self.take()
        try:
            yield taken
        finally:
            if taken:
                self.leave()
