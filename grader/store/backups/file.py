"""The file of a backup: a gzip stream of a line that says what it is, a record for each key, and their number.

A key that changed while the backup ran has several records, of which the last holds. Nothing in a file is ever run: it
is texts and bytes, each with its length before it.
"""

import gzip
import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import Enum
from importlib import metadata
from typing import IO, Any, NamedTuple, Self

from backmark.grader.store.errors import BadBackup

FORMAT = "backmark.backup/1"
#: zlib's fastest: nine tenths of most stores are compressed already.
_LEVEL = 1
#: Bytes of the first line, of anything else in the file (Redis's own limit), and of a record's head and length.
_LONGEST_LINE, _LONGEST = 1 << 16, 512 << 20
_HEAD, _LENGTH = struct.Struct(">cqI"), struct.Struct(">I")


class KeyType(Enum):
    """The type of a key; `NONE` for one that was deleted while the backup ran, `END` for the last record."""

    STRING = b"s"
    HASH = b"h"
    SET = b"m"
    SORTED_SET = b"z"
    LIST = b"l"
    NONE = b"-"
    END = b"."


class BackupEntry(NamedTuple):
    """A key with its content: of a hash names and values in turn, of a sorted set members and scores in turn."""

    type: KeyType
    key: bytes
    #: When it expires, in milliseconds since 1970; negative if it does not.
    expires: int
    content: list[bytes]


@dataclass(frozen=True, slots=True)
class BackupHeader:
    """The version of Backmark that wrote the backup, and when, in seconds since 1970 by Redis's clock."""

    version: str
    created: int
    #: About as many records follow.
    records: int


class BackupWriter:
    """Writes a backup to a stream, which stays open. If its block raises, the file has no end and counts as damaged."""

    def __init__(self, stream: IO[bytes], created: int, records: int) -> None:
        self._stream = gzip.GzipFile(fileobj=stream, filename="", mode="wb", compresslevel=_LEVEL, mtime=0)
        header = BackupHeader(metadata.version("backmark"), created, records)
        self._stream.write(json.dumps({"format": FORMAT, **asdict(header)}).encode() + b"\n")
        self._present: set[bytes] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._stream:
            if kind is None:
                self._write(BackupEntry(KeyType.END, b"%d" % len(self._present), -1, []))

    def write(self, entry: BackupEntry) -> None:
        """Write a key; it takes the place of an earlier record of the same key."""
        if entry.type is KeyType.NONE:
            self._present.discard(entry.key)
        else:
            self._present.add(entry.key)
        self._write(entry)

    def count(self, prefix: bytes = b"") -> int:
        """Return the number of keys with this prefix."""
        return sum(key.startswith(prefix) for key in self._present)

    def _write(self, entry: BackupEntry) -> None:
        parts = [_HEAD.pack(entry.type.value, entry.expires, len(entry.content))]
        for item in (entry.key, *entry.content):
            parts += (_LENGTH.pack(len(item)), item)
        self._stream.write(b"".join(parts))


class BackupReader:
    """Reads a backup. Raises BadBackup for a file that is none or is damaged, or whose format is a newer version's."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = gzip.GzipFile(fileobj=stream, mode="rb")
        self.header = self._read_header()
        #: The number of keys of the store; known at the end.
        self.keys = 0

    def entries(self) -> Iterator[BackupEntry]:
        """Yield the records in turn, to the end of the file."""
        while (entry := self._read_entry()).type is not KeyType.END:
            yield entry
        # Only here the stream's checksum is compared.
        if self._read(1) or not entry.key.isdigit():
            raise BadBackup(_DAMAGED)
        self.keys = int(entry.key)

    def _read_header(self) -> BackupHeader:
        try:
            line = self._stream.readline(_LONGEST_LINE)
            raw: Any = json.loads(line)
            name = str(raw["format"])
            if name != FORMAT and name.startswith(FORMAT.partition("/")[0]):
                raise BadBackup(f"this backup has the format {name} of a newer Backmark: restore it with that version")
            if name == FORMAT:
                return BackupHeader(str(raw["version"]), int(raw["created"]), int(raw["records"]))
        except (gzip.BadGzipFile, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
            raise BadBackup(_FOREIGN) from error
        raise BadBackup(_FOREIGN)

    def _read_entry(self) -> BackupEntry:
        kind, expires, count = _HEAD.unpack(self._read_exactly(_HEAD.size))
        if kind not in _KINDS or (count % 2 and KeyType(kind) in _PAIRS):
            raise BadBackup(_DAMAGED)
        return BackupEntry(KeyType(kind), self._read_item(), expires, [self._read_item() for _ in range(count)])

    def _read_item(self) -> bytes:
        (length,) = _LENGTH.unpack(self._read_exactly(_LENGTH.size))
        if length > _LONGEST:
            raise BadBackup(_DAMAGED)
        return self._read_exactly(length)

    def _read_exactly(self, size: int) -> bytes:
        data = self._read(size)
        if len(data) < size:
            raise BadBackup(_DAMAGED)
        return data

    def _read(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise BadBackup(_DAMAGED) from error


_KINDS = frozenset(kind.value for kind in KeyType)
_PAIRS = frozenset({KeyType.HASH, KeyType.SORTED_SET})
_FOREIGN = "this is not a backup that `backmark service backup` wrote"
_DAMAGED = "this backup is damaged: it was cut off or altered"
