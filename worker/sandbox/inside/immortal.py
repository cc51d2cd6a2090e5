"""Objects whose reference counts are never written again, so that what is forked goes on sharing their pages.

Counting a reference to an object writes to it, and a process that was forked pays for its first write to each page with
a copy. CPython 3.12 and later leave the count of an object alone that has the highest one (PEP 683), from 3.14 on if it
has a flag too. Such an object is never freed: right for what a template has when it forks, as its children end without
cleaning up.
"""

import ctypes
import gc
import sys
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np

#: The first bytes of an object: its count in the lower half, and from CPython 3.14 on flags in the uppermost quarter.
_Header = ctypes.c_uint64
#: The count of an immortal object, and its flag.
_IMMORTAL = 1 << 48 | 0xC0000000 if sys.version_info >= (3, 14) else 0xFFFFFFFF


def make_immortal(objects: Iterable[object]) -> None:
    """Make these immortal and all that they lead to; nothing if this Python has no such objects."""
    if not _possible():
        return
    level = list(objects)
    while level:
        fresh: dict[int, Any] = {}
        for item in level:
            address = id(item)
            if address not in fresh and _Header.from_address(address).value & _IMMORTAL != _IMMORTAL:
                fresh[address] = item
        for address in fresh:
            _mark(address)
        level = gc.get_referents(*fresh.values())
        for item in fresh.values():
            level.append(type(item))
            if isinstance(item, np.dtype):
                # The collector does not see into it.
                level += [item.names, item.fields, item.subdtype]


def _mark(address: int) -> int:
    """Make the object at an address immortal, whatever its other flags; return its header."""
    header = _Header.from_address(address)
    header.value = header.value >> 32 << 32 | _IMMORTAL
    return header.value


@cache
def _possible() -> bool:
    """Return True if counts are stored where we think, and left alone when they are the highest."""
    if sys.implementation.name != "cpython" or sys.byteorder != "little" or sys.maxsize < 1 << 32:
        return False
    if "t" in sys.abiflags:
        # Without a global lock, an object begins with its thread.
        return False
    tried = object()
    header = _mark(id(tried))
    # Looked at while they are held: where all references are counted, dropping them restores the count.
    held = [tried] * 4
    stands_still = _Header.from_address(id(tried)).value == header
    del held
    return stands_still and _Header.from_address(id(tried)).value == header
