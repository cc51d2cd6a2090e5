"""Room: how much Redis may still take in before it needs the rest for the verdicts of what it accepted."""

import time
from dataclasses import dataclass
from typing import Any

from grader.store.connection import Connection

#: The part of Redis's maxmemory that submissions may fill, in per cent. The rest is for their verdicts, for messages,
#: and for what staff do: 20 % of 768 MB is a verdict of 3 kB for each of 50,000 submissions that wait.
FILLED = 80
#: A file is accepted while the room is this many times its size, so that the largest are refused first and the limit is
#: never passed, also when several processes accept at the same time.
MARGIN = 32
#: Bytes that a submission takes beside its source: its record, its places in lists, its verdict.
RECORD = 4096
#: Bytes of a compressed notebook with pictures in its outputs. When not even this is accepted, the storage is full.
ORDINARY = 64 << 10
#: Seconds for which a process relies on what it was told last: Redis works out its memory in about 0.1 ms.
_FRESH = 0.2


@dataclass(frozen=True, slots=True)
class Room:
    """The memory of a Redis, in bytes."""

    used: int
    #: Redis's maxmemory; 0: it has none, and nothing is refused.
    most: int

    @property
    def limit(self) -> int:
        """The bytes that submissions may fill."""
        return self.most * FILLED // 100

    @property
    def largest(self) -> int | None:
        """The bytes of the largest compressed file that is accepted now; None if there is no limit."""
        return None if self.most == 0 else max(0, (self.limit - self.used) // MARGIN - RECORD)

    @property
    def full(self) -> bool:
        """Whether an ordinary file is refused."""
        return self.largest is not None and self.largest < ORDINARY

    def accepts(self, size: int) -> bool:
        """Whether a file of so many compressed bytes is accepted."""
        return self.largest is None or size <= self.largest


class Storage:
    """Asks Redis for its memory, at most a few times a second."""

    def __init__(self, redis: Connection) -> None:
        self._redis = redis
        self._room = Room(0, 0)
        self._until = 0.0

    def room(self) -> Room:
        """Return the room as it is, or was a moment ago."""
        if time.monotonic() >= self._until:
            memory: Any = self._redis.info("memory")
            # Redis does not count its buffers for the append-only file against maxmemory either.
            used = int(memory["used_memory"]) - int(memory.get("mem_not_counted_for_evict", 0))
            self._room = Room(used, int(memory["maxmemory"]))
            self._until = time.monotonic() + _FRESH
        return self._room
