"""A connection on which Redis names every key that changes, beside its replies."""

from collections.abc import Sequence
from typing import Any

from backmark.grader.errors import StoreUnavailable
from backmark.grader.store.connection import Connection, translate_errors
from backmark.grader.store.keys import PREFIX


class TrackedConnection:
    """A connection of its own with client-side tracking (`CLIENT TRACKING`, RESP3).

    After each round of its event loop Redis sends one message with the keys that changed in it, to the same connection
    and so in order: whatever changed before a round whose message was received is known.
    """

    def __init__(self, redis: Connection) -> None:
        pool = redis.connection_pool
        with translate_errors():
            self._connection = pool.connection_class(**{**pool.connection_kwargs, "protocol": 3})
            self._connection.connect()
            # There is no public way to read these messages: redis-py keeps them for its own cache.
            self._connection._parser.set_invalidation_push_handler(self._note)  # noqa: SLF001
        self._changed: set[bytes] = set()
        self._is_emptied = False
        self.ask("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", PREFIX)

    def close(self) -> None:
        """Close the connection, and with it the tracking."""
        self._connection.disconnect()

    def ask(self, *command: str | bytes | int) -> Any:
        """Send a command and return its reply; messages before it are noted."""
        with translate_errors():
            self._connection.send_command(*command)
            return self._read_reply()

    def ask_together(self, *commands: Sequence[str | bytes | int]) -> list[Any]:
        """Send commands that are executed at one moment, and return the reply to each."""
        with translate_errors():
            self._connection.send_packed_command(self._connection.pack_commands([("MULTI",), *commands, ("EXEC",)]))
            # Redis confirms MULTI, and that each command is queued.
            for _ in range(1 + len(commands)):
                self._read_reply()
            replies: list[Any] = self._read_reply()
            for reply in replies:
                if isinstance(reply, Exception):
                    raise reply
            return replies

    def _read_reply(self) -> Any:
        while (reply := self._connection.read_response(push_request=True)) is _MESSAGE:
            pass
        return reply

    def wait_for(self, key: bytes) -> None:
        """Wait until the message that names this key has come."""
        while key not in self._changed:
            with translate_errors():
                self._connection.read_response(push_request=True)

    def take_changed(self) -> set[bytes]:
        """Return the keys that were named since the last call. Raises StoreUnavailable if all were deleted at once."""
        if self._is_emptied:
            raise StoreUnavailable("all that Redis held was deleted meanwhile")
        changed, self._changed = self._changed, set()
        return changed

    def _note(self, message: list[Any]) -> object:
        # Nothing raised here would reach the caller.
        self._is_emptied |= message[1] is None
        self._changed.update(message[1] or ())
        return _MESSAGE


#: What a message is returned as, so that no reply is taken for one.
_MESSAGE = object()
