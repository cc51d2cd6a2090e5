"""Listings: a notebook's code cells, or a package's files, as the jail read them.

Pages can show a source without parsing it, or opening an archive.
"""

from dataclasses import dataclass

from backmark.grader.store import keys
from backmark.grader.store.codec import decode, encode
from backmark.grader.store.connection import Connection


@dataclass(frozen=True, slots=True)
class CodeListing:
    """Code cells by their number and text; `whole` is False if some are left out or cut."""

    cells: tuple[tuple[int, str], ...]
    whole: bool
    #: The paths of a package's files, in the order of their numbers, from 1; empty for a notebook.
    names: tuple[str, ...] = ()

    def name(self, number: int | None) -> str:
        """Return the path of the file with this number; empty if it is a cell."""
        return self.names[number - 1] if number is not None and 0 < number <= len(self.names) else ""

    def write(self) -> bytes:
        """Return the stored form."""
        return encode({"cells": self.cells, "whole": self.whole, **({"names": self.names} if self.names else {})})


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
        cells = tuple((int(number), str(text)) for number, text in raw["cells"])
        return CodeListing(cells, bool(raw["whole"]), tuple(map(str, raw.get("names", ()))))
