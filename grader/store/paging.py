"""Lists a page at a time, newest first. A cursor is a place in time, so pages hold while newer ones arrive."""

import binascii
import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Generic, TypeVar

from grader.store.errors import BadCursor

Item = TypeVar("Item")

#: Where the first page starts, for Redis.
NEWEST = "+inf"


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items, and where the next page starts: None where there is none."""

    items: tuple[Item, ...]
    next_cursor: str | None = None


def cursor(created: float) -> str:
    """What starts a page after what was created then, in milliseconds."""
    return urlsafe_b64encode(f"{created:.3f}".encode()).decode().rstrip("=")


def start(given: str | None) -> str:
    """The end of a range of times that the cursor means, for Redis; BadCursor where it is none of ours."""
    if given is None:
        return NEWEST
    try:
        text = urlsafe_b64decode(given + "=" * (-len(given) % 4)).decode()
        created = float(text)
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise BadCursor(f"there is no page at {given!r}; use the cursor that the page before gave") from error
    if not math.isfinite(created) or cursor(created) != given:
        raise BadCursor(f"there is no page at {given!r}; use the cursor that the page before gave")
    return f"({text}"
