"""JSON and bytes as they are kept: compressed, since a verdict repeats itself and a notebook is text."""

import json
import zlib
from typing import Any

from grader.model.result import complete_verdict

#: zlib's default: a notebook of 60 kB in about a millisecond.
_LEVEL = 6
#: Bytes that anything may unpack to: more than the largest request, and than the largest verdict.
_MOST = 256 << 20


def packed(value: Any) -> bytes:
    """JSON, compressed."""
    return compressed(json.dumps(value, separators=(",", ":"), allow_nan=False).encode())


def unpacked(data: bytes) -> Any:
    """What `packed` made."""
    return json.loads(decompressed(data))


def verdict_of(data: bytes) -> dict[str, Any]:
    """A stored verdict, with what it lacks if an earlier version made it: every reader of verdicts comes by here."""
    return complete_verdict(unpacked(data))


def compressed(data: bytes) -> bytes:
    """Bytes, compressed."""
    return zlib.compress(data, _LEVEL)


def decompressed(data: bytes) -> bytes:
    """What `compressed` made."""
    unpacker = zlib.decompressobj()
    content = unpacker.decompress(data, _MOST)
    if not unpacker.eof:
        raise ValueError("what was stored is damaged, or larger than anything that is stored")
    return content


def decompressed_start(data: bytes, most: int) -> bytes:
    """Return the first `most` bytes of what `compressed` was given."""
    return zlib.decompressobj().decompress(data, most)
