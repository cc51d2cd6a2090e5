"""Subscriptions to changes, instead of polling."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from redis.client import PubSub

from backmark.grader.errors import StoreUnavailable
from backmark.grader.store import keys
from backmark.grader.store.connection import Connection

#: Seconds within which Redis must confirm a subscription.
_SUBSCRIBED = 5.0


class Subscription:
    """A subscription to the changes of one resource. It holds a connection of its own while it is open."""

    def __init__(self, pubsub: PubSub) -> None:
        self._pubsub = pubsub

    @classmethod
    @contextmanager
    def of(cls, redis: Connection, name: str) -> "Iterator[Subscription]":
        """Open a subscription; once Redis has confirmed it, no change of the resource can be missed."""
        pubsub = redis.pubsub()
        try:
            pubsub.subscribe(keys.changes(name))
            if pubsub.get_message(timeout=_SUBSCRIBED) is None:
                raise StoreUnavailable("Redis does not answer: it did not confirm a subscription")
            yield cls(pubsub)
        finally:
            pubsub.close()

    def wait(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds for a change; return True if there was one."""
        deadline = time.monotonic() + timeout
        while (remaining := deadline - time.monotonic()) > 0:
            message = self._pubsub.get_message(ignore_subscribe_messages=True, timeout=remaining)
            if message is not None:
                return True
        return False
