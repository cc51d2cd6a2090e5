"""The restore of a backup into an empty store, wholly or not at all.

The keys are written under other names, and get their own by one call once all of the file was read.
"""

import contextlib
from collections.abc import Iterator
from typing import IO, Any

from backmark.grader.errors import StoreUnavailable
from backmark.grader.store.backups.copying import Progress
from backmark.grader.store.backups.file import BackupEntry, BackupReader, KeyType
from backmark.grader.store.connection import Connection, text
from backmark.grader.store.errors import BadBackup, NotEmpty
from backmark.grader.store.functions import Functions
from backmark.grader.store.keys import PREFIX, key

#: What the keys begin with until they are all there.
_STAGED = key("restoring", "").encode()
#: Bytes and commands that are sent at a time, and items of one command.
_BYTES, _COMMANDS_AT_A_TIME, _ITEMS = 4 << 20, 10_000, 2000
#: Keys that a page of a scan looks at, and after which progress is shown.
_PAGE = 1000
#: The command that adds to a key of each type.
_COMMANDS = {
    KeyType.STRING: "SET",
    KeyType.HASH: "HSET",
    KeyType.SET: "SADD",
    KeyType.SORTED_SET: "ZADD",
    KeyType.LIST: "RPUSH",
}


def restore_backup(redis: Connection, stream: IO[bytes], progress: Progress) -> int:
    """Restore a backup and return the number of keys.

    Raises NotEmpty, or BadBackup for a file that is none or is damaged, and StoreUnavailable: nothing is there then.
    """
    reader = BackupReader(stream)
    _delete_staged(redis)
    _check_empty(redis)
    try:
        _Staging(redis).fill(reader, progress)
        is_placed = Functions(redis).call("backup_restore")
    except BaseException:
        with contextlib.suppress(StoreUnavailable):
            _delete_staged(redis)
        raise
    if not is_placed:
        _delete_staged(redis)
        raise NotEmpty("something was recorded while the backup was read: stop web servers, workers and sweepers first")
    return reader.keys


class _Staging:
    """The keys of a backup, under other names."""

    def __init__(self, redis: Connection) -> None:
        self._redis = redis
        self._names: set[bytes] = set()
        # Redis goes to the disk once in a transaction, and else after every few commands.
        self._pipeline = redis.pipeline(transaction=True)
        self._size = 0

    def fill(self, reader: BackupReader, progress: Progress) -> None:
        """Write all records of a backup. Raises BadBackup if it does not hold the keys that it should."""
        for number, entry in enumerate(reader.entries()):
            if not entry.key.startswith(PREFIX.encode()):
                raise BadBackup("this backup holds keys that are not Backmark's")
            self._write(entry)
            if number % _PAGE == 0:
                progress(number, max(number, reader.header.records))
        self._flush()
        if len(self._names) != reader.keys:
            raise BadBackup(f"this backup is damaged: it holds {len(self._names)} of {reader.keys} keys")

    def _write(self, entry: BackupEntry) -> None:
        name = _STAGED + entry.key.removeprefix(PREFIX.encode())
        if entry.key in self._names:
            self._send("DEL", name)
            self._names.discard(entry.key)
        if entry.type is KeyType.NONE:
            return
        self._names.add(entry.key)
        for items in _split(entry):
            self._send(_COMMANDS[entry.type], name, *items)
        if entry.expires >= 0:
            self._send("PEXPIREAT", name, entry.expires)

    def _send(self, *command: str | bytes | int) -> None:
        self._pipeline.execute_command(*command)  # type: ignore[no-untyped-call] # redis-py's
        self._size += sum(len(part) for part in command if isinstance(part, bytes))
        if self._size > _BYTES or len(self._pipeline) > _COMMANDS_AT_A_TIME:
            self._flush()

    def _flush(self) -> None:
        self._pipeline.execute()
        self._size = 0


def _split(entry: BackupEntry) -> Iterator[list[bytes]]:
    """Yield the content in the order of the command's arguments, a part at a time."""
    content = entry.content
    if entry.type is KeyType.SORTED_SET:
        # ZADD takes each score before its member.
        content = [item for pair in zip(content[1::2], content[::2], strict=True) for item in pair]
    for start in range(0, len(content), _ITEMS):
        yield content[start : start + _ITEMS]


def _check_empty(redis: Connection) -> None:
    for name in _scan(redis, f"{PREFIX}*"):
        raise NotEmpty(
            f"the store is not empty, it holds {text(name)}: restore a backup into a Redis that holds nothing of"
            " Backmark, and start web servers, workers and sweepers afterwards"
        )


def _delete_staged(redis: Connection) -> None:
    """Delete what a restore left that was killed."""
    for name in _scan(redis, f"{_STAGED.decode()}*"):
        redis.unlink(name)


def _scan(redis: Connection, pattern: str) -> Iterator[Any]:
    return redis.scan_iter(pattern, count=_PAGE)
