"""Listings: a notebook's code cells as the jail read them, for pages that show a source without parsing it."""

from dataclasses import dataclass

from grader.store import keys
from grader.store.codec import packed, unpacked
from grader.store.connection import Connection


@dataclass(frozen=True, slots=True)
class Listing:
    """Code cells by their number and text; `whole` is False if some are left out or cut."""

    cells: tuple[tuple[int, str], ...]
    whole: bool

    def write(self) -> bytes:
        """Return it as it is stored."""
        return packed({"cells": self.cells, "whole": self.whole})


class Listings:
    """One for each notebook that a jail has read, by the SHA-256 of its source; deleted with the source."""

    def __init__(self, redis: Connection) -> None:
        self._redis = redis

    def get(self, source_sha256: str) -> Listing | None:
        """Return the listing; None for a Python file, and for what no jail has read since listings are kept."""
        data = self._redis.get(keys.key("listing", source_sha256))
        if not isinstance(data, bytes):
            return None
        raw = unpacked(data)
        return Listing(tuple((int(number), str(text)) for number, text in raw["cells"]), bool(raw["whole"]))
