"""Frames: how the worker and the jail speak, in both directions.

A frame is the header's length (4 bytes, big-endian), the payload's length (8 bytes), the header (a
JSON object in UTF-8) and the payload (raw bytes; little-endian float64 where it is numbers).
"""

import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any

#: Bytes that a header may have unless the reader says otherwise.
HEADER_CAP = 64 * 1024
#: Bytes asked of a pipe at a time.
CHUNK = 1024 * 1024

_PREFIX = struct.Struct(">IQ")


class WireError(Exception):
    """What arrived is no frame, or a larger one than the reader takes."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message: a JSON object and the bytes that go with it."""

    header: dict[str, Any]
    payload: bytes = b""


def pack(header: dict[str, Any], payload: bytes | bytearray | memoryview = b"") -> bytes:
    """Return the frame as bytes."""
    # A lone surrogate becomes its JSON escape.
    text = json.dumps(header, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode(
        "utf-8", "backslashreplace"
    )
    return b"".join((_PREFIX.pack(len(text), len(payload)), text, payload))


def write(descriptor: int, data: bytes) -> None:
    """Write all of `data`; raises OSError when nobody reads."""
    written = os.write(descriptor, data)
    if written == len(data):
        return
    rest = memoryview(data)[written:]
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def read(descriptor: int, *, payload_cap: int, header_cap: int = HEADER_CAP) -> Frame | None:
    """Wait for one frame; None at the end of the stream, WireError when it ends within a frame."""
    prefix = _exactly(descriptor, _PREFIX.size)
    if not prefix:
        return None
    header_size, payload_size = _sizes(prefix, header_cap, payload_cap)
    header = _exactly(descriptor, header_size)
    payload = _exactly(descriptor, payload_size)
    if len(header) < header_size or len(payload) < payload_size:
        raise WireError("The stream ended within a frame.")
    return Frame(_header(header), payload)


@dataclass(slots=True)
class Parser:
    """Frames out of whatever pieces arrive, within caps; of no use after its first WireError.

    What came before the fault is not lost: it is returned first, and the next call raises.
    """

    payload_cap: int
    header_cap: int = HEADER_CAP
    _buffer: bytearray = field(default_factory=bytearray)
    #: The last header, as it came and as it was read: most frames of an exchange have the same.
    _raw: bytes | None = None
    _last: dict[str, Any] = field(default_factory=dict)
    _fault: WireError | None = None

    @property
    def pending(self) -> int:
        """Bytes of a frame that is not complete yet."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes, or none, and return the frames that they complete."""
        if self._fault is not None:
            raise self._fault
        self._buffer += data
        frames: list[Frame] = []
        start = 0
        try:
            while (ends := self._ends(start)) is not None:
                frames.append(self._frame(start + _PREFIX.size, *ends))
                start = ends[1]
        except WireError as error:
            self._fault = error
            if not frames:
                raise
        del self._buffer[:start]
        return frames

    def _frame(self, start: int, middle: int, end: int) -> Frame:
        raw = bytes(self._buffer[start:middle])
        if raw != self._raw:
            self._last, self._raw = _header(raw), raw
        return Frame(self._last, bytes(self._buffer[middle:end]))

    def _ends(self, start: int) -> tuple[int, int] | None:
        """Where header and payload of the frame that begins at `start` end, or None where that has not arrived."""
        if len(self._buffer) - start < _PREFIX.size:
            return None
        header_size, payload_size = _PREFIX.unpack_from(self._buffer, start)
        _limit(header_size, payload_size, self.header_cap, self.payload_cap)
        middle = start + _PREFIX.size + header_size
        end = middle + payload_size
        return (middle, end) if end <= len(self._buffer) else None


def _sizes(prefix: bytes | bytearray, header_cap: int, payload_cap: int) -> tuple[int, int]:
    if len(prefix) < _PREFIX.size:
        raise WireError("The stream ended within a frame.")
    header_size, payload_size = _PREFIX.unpack(prefix)
    _limit(header_size, payload_size, header_cap, payload_cap)
    return header_size, payload_size


def _limit(header_size: int, payload_size: int, header_cap: int, payload_cap: int) -> None:
    if header_size > header_cap:
        raise WireError(f"A header of {header_size} bytes; at most {header_cap} are taken.")
    if payload_size > payload_cap:
        raise WireError(f"A payload of {payload_size} bytes; at most {payload_cap} are taken.")


def _header(raw: bytes) -> dict[str, Any]:
    try:
        header = json.loads(raw.decode(), parse_constant=_refuse)
        if b"\\u" in raw:
            # An escaped lone surrogate is legal JSON, and a string that nobody can write down again.
            json.dumps(header, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise WireError("A header that is no JSON.") from error
    if not isinstance(header, dict):
        raise WireError("A header that is no JSON object.")
    return header


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _exactly(descriptor: int, size: int) -> bytes:
    """Read `size` bytes, fewer only at the stream's end; memory grows with what arrives, not with `size`."""
    first = os.read(descriptor, min(size, CHUNK)) if size else b""
    if len(first) == size:
        return first
    data = bytearray(first)
    while len(data) < size and (chunk := os.read(descriptor, min(size - len(data), CHUNK))):
        data += chunk
    return bytes(data)
