"""Hears of changes instead of asking again and again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from redis.client import PubSub

from grader.errors import StoreUnavailable
from grader.store import keys
from grader.store.connection import Connection

#: Seconds until Redis must have said that it listens.
_SUBSCRIBED = 5.0


class Changes:
    """What happens to one thing from now on. Takes a connection of its own while it is open."""

    def __init__(self, listening: PubSub) -> None:
        self._listening = listening

    @classmethod
    @contextmanager
    def of(cls, redis: Connection, thing: str) -> "Iterator[Changes]":
        """Open once Redis has confirmed it: what is read from then on cannot have changed unheard."""
        listening = redis.pubsub()
        try:
            listening.subscribe(keys.changes(thing))
            if listening.get_message(timeout=_SUBSCRIBED) is None:
                raise StoreUnavailable("Redis does not answer: it did not confirm a subscription")
            yield cls(listening)
        finally:
            listening.close()

    def wait(self, timeout: float) -> bool:
        """Wait for a change, so many seconds at most; whether one came."""
        until = time.monotonic() + timeout
        while (left := until - time.monotonic()) > 0:
            message = self._listening.get_message(ignore_subscribe_messages=True, timeout=left)
            if message is not None:
                return True
        return False
