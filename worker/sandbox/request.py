"""What a jail is asked: first for what of a submission, then about which cases, and how much each answer may hold."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from worker.sandbox.inside import wire


@dataclass(frozen=True)
class Request:
    """A frame's header (the function and each case's form), its numbers, the answers' bytes."""

    header: Mapping[str, Any]
    payload: bytes
    answer_sizes: Sequence[int]

    @cached_property
    def key(self) -> str:
        """What it is called where a template keeps it."""
        return hashlib.sha256(wire.pack(dict(self.header), self.payload)).hexdigest()

    def sent(self, kept: frozenset[str]) -> bytes:
        """The frame that asks it of a process that keeps these: no more than its key, where it is one of them."""
        # What nobody was told to keep has no key yet, and making one costs as much as it could save.
        if "key" in vars(self) and self.key in kept:
            return wire.pack({"do": "answer", "kept": self.key})
        return wire.pack({"do": "answer", **self.header}, self.payload)
