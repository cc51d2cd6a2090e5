"""The wish to stop, as it reaches processes that were forked before anybody wished it."""

import os
import select


class Stop:
    """A pipe that nothing is ever written to: its end says stop. No lock, that a killed child could have held.

    Made by a worker's first process. It comes true in every child as well, also where that first process was killed.
    """

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        self._open = True

    def inherited(self) -> None:
        """In a child: let go of the writing end, of which only the parent's counts."""
        if self._open:
            os.close(self._write)
            self._open = False

    def request(self) -> None:
        """Stop. Safe in a signal's handler."""
        self.inherited()

    @property
    def requested(self) -> bool:
        """Whether to stop."""
        return self.wait(0)

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until it is requested; whether it is."""
        return bool(select.select([self._read], [], [], seconds)[0])

    def fileno(self) -> int:
        """What becomes readable when it is requested."""
        return self._read
