"""Room: the memory of Redis that submissions may still use; the rest is reserved for their verdicts."""

import time
from dataclasses import dataclass
from typing import Any

from backmark.grader.store.connection import Connection

#: The percentage of Redis's maxmemory that submissions may use. The rest is for their verdicts, for messages, and for
#: staff's actions: 20 % of 768 MB is a verdict of 3 kB for each of 50,000 waiting submissions.
FILLED = 80
#: A file is accepted while the room is this many times its size, so that the largest are refused first and the limit is
#: never exceeded, even if several processes accept at the same time.
MARGIN = 32
#: Bytes that a submission takes besides its source: its record, its entries in lists, its verdict.
RECORD = 4096
#: Bytes of a compressed notebook with pictures in its outputs. If not even this is accepted, the storage is full.
ORDINARY = 64 << 10
#: Seconds for which a process reuses the last figures: Redis computes its memory in about 0.1 ms.
_FRESH = 0.2


@dataclass(frozen=True, slots=True)
class Room:
    """The memory of a Redis, in bytes."""

    used: int
    #: Redis's maxmemory; 0 if it has none, and nothing is refused.
    most: int

    @property
    def limit(self) -> int:
        """The bytes that submissions may use."""
        return self.most * FILLED // 100

    @property
    def largest(self) -> int | None:
        """The bytes of the largest compressed file that is accepted now; None if there is no limit."""
        return None if self.most == 0 else max(0, (self.limit - self.used) // MARGIN - RECORD)

    @property
    def full(self) -> bool:
        """True if an ordinary file is refused."""
        return self.largest is not None and self.largest < ORDINARY

    def accepts(self, size: int) -> bool:
        """Return True if a file of this compressed size is accepted."""
        return self.largest is None or size <= self.largest


class Storage:
    """The memory of Redis, read at most a few times a second."""

    def __init__(self, redis: Connection) -> None:
        self._redis = redis
        self._room = Room(0, 0)
        self._until = 0.0

    def room(self) -> Room:
        """Return the room now, or a moment ago."""
        if time.monotonic() >= self._until:
            memory: Any = self._redis.info("memory")
            # Redis does not count its buffers for the append-only file against maxmemory either.
            used = int(memory["used_memory"]) - int(memory.get("mem_not_counted_for_evict", 0))
            self._room = Room(used, int(memory["maxmemory"]))
            self._until = time.monotonic() + _FRESH
        return self._room
