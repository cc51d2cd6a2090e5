"""Paging through lists, newest first. A cursor is a point in time, so pages stay valid while newer items arrive."""

import binascii
import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Generic, TypeVar

from backmark.grader.store.errors import BadCursor

Item = TypeVar("Item")

#: The start of the first page, for Redis.
NEWEST = "+inf"


@dataclass(frozen=True, slots=True)
class RecordPage(Generic[Item]):
    """Items of a list, and the cursor of the next page, or None if there is none."""

    items: tuple[Item, ...]
    next_cursor: str | None = None


def cursor(created: float) -> str:
    """Return the cursor of the page after an item's creation time in milliseconds."""
    return urlsafe_b64encode(f"{created:.3f}".encode()).decode().rstrip("=")


def start(after: str | None) -> str:
    """Return the end of a cursor's range of times, for Redis. Raises BadCursor for an unknown cursor."""
    if after is None:
        return NEWEST
    try:
        text = urlsafe_b64decode(after + "=" * (-len(after) % 4)).decode()
        created = float(text)
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise BadCursor(f"there is no page at {after!r}; use the cursor of the previous page") from error
    if not math.isfinite(created) or cursor(created) != after:
        raise BadCursor(f"there is no page at {after!r}; use the cursor of the previous page")
    return f"({text}"
