"""Running workers and sweepers: each reports every few seconds, and is dropped when it no longer does."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

from backmark.grader.model.stored import read
from backmark.grader.store import keys
from backmark.grader.store.connection import Connection, text

#: Milliseconds for which a report counts.
_ALIVE = 15_000
_NAMES = keys.key("workers")


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker or sweeper. `jail` is True if it can isolate submissions; else `reason` says why not.

    `version` is Backmark's, of a worker with its engine's: `0.2.0+1f0c3a5b`. `way` is how a worker isolates: `template`
    forks jails, `single` starts each from nothing.
    """

    name: str
    host: str
    concurrency: int
    jail: bool
    reason: str | None
    version: str
    role: Literal["worker", "sweeper"]
    way: str = ""


class Workers:
    """The processes that have reported within the last 15 seconds."""

    def __init__(self, redis: Connection) -> None:
        self._redis = redis

    def report(self, worker: Worker) -> None:
        """Record a report of a process."""
        pipeline = self._redis.pipeline()
        pipeline.set(_key(worker.name), json.dumps(asdict(worker)), px=_ALIVE)
        pipeline.sadd(_NAMES, worker.name)
        pipeline.execute()

    def leave(self, name: str) -> None:
        """Remove a process that stops."""
        pipeline = self._redis.pipeline()
        pipeline.delete(_key(name))
        pipeline.srem(_NAMES, name)
        pipeline.execute()

    def list(self) -> list[Worker]:
        """Return the running processes, sorted by name."""
        names = sorted(text(member) for member in self._redis.smembers(_NAMES))
        if not names:
            return []
        pipeline = self._redis.pipeline(transaction=False)
        for name in names:
            pipeline.get(_key(name))
            pipeline.pttl(_key(name))
        answers: list[Any] = pipeline.execute()
        reports, expiries = answers[::2], answers[1::2]
        for name, milliseconds in zip(names, expiries, strict=True):
            if milliseconds > _ALIVE:
                # The clock was set back, so a dead worker would stay listed that long; a running one reports again.
                self._redis.pexpire(_key(name), _ALIVE)
        gone = [name for name, data in zip(names, reports, strict=True) if data is None]
        if gone:
            # A process that reports at this moment is in the set again with its next report.
            self._redis.srem(_NAMES, *gone)
        return [read(Worker, json.loads(data)) for data in reports if data is not None]


def _key(name: str) -> str:
    return keys.key("worker", name)
