"""A stop request that reaches processes that were forked before it."""

import os
import select


class Stop:
    """A stop request: a pipe that nothing is written to; its end means stop. A killed child can hold no lock of it.

    Created by a worker's first process. Every child sees the request, even if the first process is killed.
    """

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        self._open = True

    def close_writer(self) -> None:
        """Close the writing end in a child, where only the parent's counts."""
        if self._open:
            os.close(self._write)
            self._open = False

    def request(self) -> None:
        """Request a stop. Safe in a signal handler."""
        self.close_writer()

    @property
    def requested(self) -> bool:
        """True once a stop is requested."""
        return self.wait(0)

    def wait(self, seconds: float) -> bool:
        """Wait for a request, at most `seconds`; return True if there is one."""
        return bool(select.select([self._read], [], [], seconds)[0])

    def fileno(self) -> int:
        """Return the descriptor that becomes readable on a request."""
        return self._read
