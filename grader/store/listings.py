"""Listings: a notebook's code cells as the jail read them, so that pages can show a source without parsing it."""

from dataclasses import dataclass

from grader.store import keys
from grader.store.codec import decode, encode
from grader.store.connection import Connection


@dataclass(frozen=True, slots=True)
class CodeListing:
    """Code cells by their number and text; `whole` is False if some are left out or cut."""

    cells: tuple[tuple[int, str], ...]
    whole: bool

    def write(self) -> bytes:
        """Return the stored form."""
        return encode({"cells": self.cells, "whole": self.whole})


class Listings:
    """A listing for each notebook that a jail has read, by the SHA-256 of its source; deleted with the source."""

    def __init__(self, redis: Connection) -> None:
        self._redis = redis

    def get(self, source_sha256: str) -> CodeListing | None:
        """Return the listing, or None for a Python file and for a notebook that no jail has read yet."""
        data = self._redis.get(keys.key("listing", source_sha256))
        if not isinstance(data, bytes):
            return None
        raw = decode(data)
        return CodeListing(tuple((int(number), str(text)) for number, text in raw["cells"]), bool(raw["whole"]))
