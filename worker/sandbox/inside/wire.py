"""Frames: how the worker and the jail speak, in both directions.

A frame is the header's length (4 bytes, big-endian), the payload's length (8 bytes), the header (a
JSON object in UTF-8) and the payload (raw bytes; little-endian float64 where it is numbers).
"""

import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any, NamedTuple

#: Bytes that a header may have unless the reader says otherwise.
HEADER_CAP = 64 * 1024
#: Bytes that a request's header and payload may have: the worker's own word, so this catches mistakes, not malice.
REQUEST_CAP = 1 << 32
#: The first byte of a message to a template: fork, with descriptors, or keep the request that follows.
FORK, KEEP = b"f", b"k"
#: Bytes asked of a pipe at a time.
CHUNK = 1024 * 1024
#: Headers that a parser remembers.
_KNOWN = 256

_PREFIX = struct.Struct(">IQ")


class WireError(Exception):
    """The bytes that arrived are no frame, or a larger one than the reader takes."""


class Frame(NamedTuple):
    """One message: a JSON object and the bytes that go with it."""

    header: dict[str, Any]
    payload: bytes = b""


def pack(header: dict[str, Any], payload: bytes | bytearray | memoryview = b"") -> bytes:
    """Return the frame as bytes."""
    return pack_encoded(_USUAL_ENCODED if header == USUAL else encode_header(header), payload)


def encode_header(header: dict[str, Any]) -> bytes:
    """Return the header as it stands in a frame."""
    # A lone surrogate becomes its JSON escape.
    text = json.dumps(header, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace")


def pack_encoded(header: bytes, payload: bytes | bytearray | memoryview) -> bytes:
    """Return the frame that has this header, encoded already."""
    return b"".join((_PREFIX.pack(len(header), len(payload)), header, payload))


def write(descriptor: int, data: bytes) -> None:
    """Write all of `data`; raises OSError when nobody reads."""
    written = os.write(descriptor, data)
    if written == len(data):
        return
    rest = memoryview(data)[written:]
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def read(descriptor: int, *, payload_cap: int = REQUEST_CAP, header_cap: int = REQUEST_CAP) -> Frame | None:
    """Wait for one frame; None at the end of the stream, WireError when it ends within a frame."""
    begun = read_header(descriptor, payload_cap=payload_cap, header_cap=header_cap)
    if begun is None:
        return None
    header, size = begun
    payload = _exactly(descriptor, size)
    if len(payload) < size:
        raise WireError("The stream ended within a frame.")
    return Frame(header, payload)


def read_header(
    descriptor: int, *, payload_cap: int = REQUEST_CAP, header_cap: int = REQUEST_CAP
) -> tuple[dict[str, Any], int] | None:
    """Wait for a frame's beginning; return its header, and the size of the payload, which is still to be read."""
    prefix = _exactly(descriptor, _PREFIX.size)
    if not prefix:
        return None
    header_size, payload_size = _sizes(prefix, header_cap, payload_cap)
    header = _exactly(descriptor, header_size)
    if len(header) < header_size:
        raise WireError("The stream ended within a frame.")
    return _header(header), payload_size


def read_into(descriptor: int, room: memoryview) -> None:
    """Fill the room, which is all that the bytes then are in; WireError when the stream ends before."""
    while room:
        count = os.readv(descriptor, [room])
        if not count:
            raise WireError("The stream ended within a frame.")
        room = room[count:]


#: The header of nearly all answers, which need not be encoded anew.
USUAL: dict[str, Any] = {"kind": "returned", "changed": []}
_USUAL_ENCODED = encode_header(USUAL)


@dataclass(slots=True)
class Parser:
    """Frames out of whatever pieces arrive, within caps; of no use after its first WireError.

    What octets before the fault is not lost: it is returned first, and the next call raises.
    """

    payload_cap: int
    header_cap: int = HEADER_CAP
    _buffer: bytearray = field(default_factory=bytearray)
    #: Bytes that the buffer must hold before another frame can be complete.
    _need: int = 0
    #: Headers by their octets: most frames of a conversation have one that came before.
    _known: dict[bytes, dict[str, Any]] = field(default_factory=dict)
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
        if len(self._buffer) < self._need:
            return []
        octets = bytes(self._buffer)
        frames: list[Frame] = []
        start = 0
        self._need = _PREFIX.size
        try:
            # One loop without calls: a submission is answered in hundreds of frames.
            while (begin := start + _PREFIX.size) <= len(octets):
                header_size, payload_size = _PREFIX.unpack_from(octets, start)
                if header_size > self.header_cap or payload_size > self.payload_cap:
                    _limit(header_size, payload_size, self.header_cap, self.payload_cap)
                middle = begin + header_size
                end = middle + payload_size
                if end > len(octets):
                    self._need = end - start
                    break
                raw = octets[begin:middle]
                header = self._known.get(raw)
                if header is None:
                    if len(self._known) >= _KNOWN:
                        self._known.clear()
                    header = self._known[raw] = _header(raw)
                frames.append(Frame(header, octets[middle:end]))
                start = end
        except WireError as error:
            self._fault = error
            if not frames:
                raise
        del self._buffer[:start]
        return frames


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
