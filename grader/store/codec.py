"""The encoding of stored JSON and bytes: compressed, because verdicts are repetitive and notebooks are text."""

import json
import zlib
from typing import Any

from backmark.grader.model.result import read_verdict
from backmark.grader.model.verdict import Verdict

#: zlib's default: about a millisecond for a notebook of 60 kB.
_LEVEL = 6
#: The most bytes after decompression: more than the largest request, and than the largest verdict.
_MOST = 256 << 20


def encode(value: Any) -> bytes:
    """Return a value as compressed JSON."""
    return compress(json.dumps(value, separators=(",", ":"), allow_nan=False).encode())


def decode(data: bytes) -> Any:
    """Return the value that `encode` was given."""
    return json.loads(decompress(data))


def encode_verdict(verdict: Verdict) -> bytes:
    """Return a verdict's result object as compressed JSON."""
    return encode(verdict.as_dict())


def decode_verdict(data: bytes) -> Verdict:
    """Return a stored verdict; what an earlier version did not write has its default."""
    return read_verdict(decode(data))


def compress(data: bytes) -> bytes:
    """Return bytes compressed."""
    return zlib.compress(data, _LEVEL)


def decompress(data: bytes) -> bytes:
    """Return the bytes that `compress` was given. Raises ValueError if they are damaged or too large."""
    unpacker = zlib.decompressobj()
    content = unpacker.decompress(data, _MOST)
    if not unpacker.eof:
        raise ValueError("the stored data is damaged, or larger than Backmark stores")
    return content


def decompress_start(data: bytes, most: int) -> bytes:
    """Return the first `most` bytes that `compress` was given."""
    return zlib.decompressobj().decompress(data, most)
