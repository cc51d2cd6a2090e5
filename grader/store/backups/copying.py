"""The copy of a store in use: every key as it was at one moment, while nobody waits for it.

The keys are read a few at a time, and Redis names those that change meanwhile. These are read again, and again, until
all that are left are read by one call and no other key changed just before it: that call's moment is the copy's.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import IO, Any, NamedTuple

from backmark.grader.errors import StoreUnavailable
from backmark.grader.store.backups.file import BackupEntry, BackupWriter, KeyType
from backmark.grader.store.backups.tracked import TrackedConnection
from backmark.grader.store.connection import Connection
from backmark.grader.store.functions import FunctionCall, write_out
from backmark.grader.store.keys import PREFIX, key

#: Keys in one reading, and bytes of strings beyond which it is cut short: Redis does nothing else meanwhile.
_KEYS, _BYTES = 500, 4 << 20
#: Items of a key beyond which no call reads it with others: a command alone takes a tenth of the time.
_ITEMS = 1000
#: Seconds for the keys that change to become few enough to be read at one moment.
_PATIENCE = 120.0
#: What the keys of backups and restores themselves begin with.
_OWN = (key("backup", "").encode(), key("restoring", "").encode())
_TYPES = {
    b"string": KeyType.STRING,
    b"hash": KeyType.HASH,
    b"set": KeyType.SET,
    b"zset": KeyType.SORTED_SET,
    b"list": KeyType.LIST,
    b"none": KeyType.NONE,
}
#: The command that reads a key of many items, with the arguments behind the key.
_READERS: Mapping[KeyType, tuple[str, ...]] = {
    KeyType.HASH: ("HGETALL",),
    KeyType.SET: ("SMEMBERS",),
    KeyType.SORTED_SET: ("ZRANGE", "0", "-1", "WITHSCORES"),
    KeyType.LIST: ("LRANGE", "0", "-1"),
}
_SUBMISSIONS = key("submission", "").encode()

#: Called with the number of keys that are done, and of all.
Progress = Callable[[int, int], None]


class BackupCounts(NamedTuple):
    """The keys in a backup, and the submissions among them."""

    keys: int
    submissions: int


def write_backup(redis: Connection, stream: IO[bytes], progress: Progress) -> BackupCounts:
    """Write a backup of the store. Raises StoreUnavailable if Redis goes away, or changes too quickly."""
    connection = TrackedConnection(redis)
    try:
        seconds, _ = connection.ask("TIME")
        with BackupWriter(stream, int(seconds), connection.ask("DBSIZE")) as writer:
            _StoreCopy(connection, writer, progress).run()
        return BackupCounts(writer.count(), writer.count(_SUBMISSIONS))
    finally:
        connection.close()


class _StoreCopy:
    """The copy of one store, on a connection of its own."""

    def __init__(self, connection: TrackedConnection, writer: BackupWriter, progress: Progress) -> None:
        self._connection = connection
        self._writer = writer
        self._progress = progress
        self._name = secrets.token_hex(8)
        #: The keys of many items that have been found, with their types.
        self._large: dict[bytes, KeyType] = {}
        #: Keys that changed since they were written.
        self._stale: set[bytes] = set()

    def run(self) -> None:
        """Write all keys, as they are at one moment."""
        self._scan()
        until = time.monotonic() + _PATIENCE
        while not self._settle():
            if time.monotonic() > until:
                raise StoreUnavailable(
                    f"the store changed too fast to be copied within {_PATIENCE:.0f} s; try again when fewer"
                    " submissions come in"
                )

    def _scan(self) -> None:
        """Write every key once."""
        cursor, scanned = b"0", 0
        while True:
            cursor, page = self._connection.ask("SCAN", cursor, "MATCH", f"{PREFIX}*", "COUNT", _KEYS)
            scanned += len(page)
            self._progress(scanned, max(scanned, self._connection.ask("DBSIZE")))
            unread = _without_own(page)
            while unread:
                entries = self._read(unread)
                unread -= entries.keys()
                self._write(entries.values())
            if cursor == b"0":
                return

    def _settle(self) -> bool:
        """Write keys that changed; return True if what is written is the store at the moment of this reading."""
        # Its reply comes after all messages of earlier rounds: what is not known by now changed just now.
        self._connection.ask("PING")
        self._stale |= _without_own(self._connection.take_changed())
        entries = self._read(self._stale, self._name)
        self._connection.wait_for(key("backup", self._name).encode())
        changed = _without_own(self._connection.take_changed())
        self._stale -= entries.keys()
        settled = not self._stale and changed <= entries.keys()
        if not settled:
            self._stale |= changed
        self._write(entry for name, entry in entries.items() if settled or name not in changed)
        return settled

    def _read(self, names: Iterable[bytes], mark: str = "") -> dict[bytes, BackupEntry]:
        """Read some of the keys at one moment; with a mark Redis names its key after those that changed until then.

        Without a mark, only one key of many items is read at a time.
        """
        asked = list(islice(names, _KEYS))
        small = [name for name in asked if name not in self._large]
        large = [name for name in asked if name in self._large][: None if mark else 1]
        found, *replies = self._connection.ask_together(
            write_out(FunctionCall("backup_read", {"mark": mark, "most_bytes": _BYTES, "most_items": _ITEMS}, small)),
            *(command for name in large for command in _list_commands(name, self._large[name])),
        )
        entries = {}
        for name, (kind, expires, content) in zip(small, found, strict=False):
            if content is None:
                self._large[name] = _TYPES[kind]
            else:
                entries[name] = BackupEntry(_TYPES[kind], name, expires, content)
        for name, expires, reply in zip(large, replies[::2], replies[1::2], strict=True):
            kind = self._large[name] if reply else KeyType.NONE
            entries[name] = BackupEntry(kind, name, expires, _flatten(kind, reply))
        return entries

    def _write(self, entries: Iterable[BackupEntry]) -> None:
        for entry in entries:
            self._writer.write(entry)


def _without_own(names: Iterable[bytes]) -> set[bytes]:
    return {name for name in names if not name.startswith(_OWN)}


def _list_commands(name: bytes, kind: KeyType) -> tuple[tuple[str | bytes, ...], ...]:
    """Return the commands that ask when a key expires, and for its items."""
    command, *last = _READERS[kind]
    return ("PEXPIRETIME", name), (command, name, *last)


def _flatten(kind: KeyType, reply: Any) -> list[bytes]:
    """Return the items of a RESP3 reply as a function has them."""
    if kind is KeyType.HASH:
        return [part for item in reply.items() for part in item]
    if kind is KeyType.SORTED_SET:
        return [part for member, score in reply for part in (member, b"%.17g" % score)]
    return list(reply)
