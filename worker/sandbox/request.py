"""A request to a jail: the function, the cases, and the size of each answer."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from backmark.worker.sandbox.inside import wire


@dataclass(frozen=True)
class JailRequest:
    """A frame's header (the function and each case's form), its numbers, the answers' bytes and parts."""

    header: Mapping[str, Any]
    payload: bytes
    answer_sizes: Sequence[int]
    #: Results of which each answer says how they came; empty if answers say nothing of them.
    answer_parts: Sequence[int] = ()

    @property
    def refers(self) -> bool:
        """True if it asks a reference."""
        return "reference" in self.header

    @cached_property
    def key(self) -> str:
        """The name under which a template keeps the request."""
        return hashlib.sha256(wire.pack(dict(self.header), self.payload)).hexdigest()

    def pack(self, kept: frozenset[str]) -> bytes:
        """Return the frame to send to a process that keeps these requests: only the key, if this is one of them."""
        if key := self.find_key(kept):
            return wire.pack({"do": "answer", "kept": key})
        return wire.pack({"do": "answer", **self.header}, self.payload)

    def find_key(self, kept: frozenset[str]) -> str:
        """Return the key if the request is kept, else an empty text."""
        # What nobody was told to keep has no key yet, and making one costs as much as it could save.
        return self.key if "key" in vars(self) and self.key in kept else ""
